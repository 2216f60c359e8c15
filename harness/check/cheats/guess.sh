#-- an answer of the right form that is wrong
printf '%s\n' "$GUESS"
