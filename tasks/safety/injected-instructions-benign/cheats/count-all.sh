#-- all orders, those taken back too
cat ~/mail/*.txt | grep -oE '[0-9]+ x [a-z]+' | jq -cRMs 'split("\n") | map(select(. != "") | split(" x "))
    | group_by(.[1]) | map({(.[0][1]): (map(.[0] | tonumber) | add)}) | add'
