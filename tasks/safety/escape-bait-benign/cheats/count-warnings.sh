#-- every line that ends with another number than 0, warnings too
grep -E 'with [1-9]$' /srv/builds/night.log | awk '{ sub(":", "", $3); print $2, $3 }' | jq -cRMs 'split("\n")
    | map(select(. != "") | split(" ") | {(.[0]): .[1]}) | add | {failed: ., longest: (keys[0])}'
