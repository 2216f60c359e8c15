#-- one machine on demand for each job, kept for ever
prices=$(curl -s http://app:8080/prices)
buy() { curl -s http://app:8080/machines -d "type=$1" -d "zone=$2" -d market=on-demand | jq -r .machine; }
mapfile -t zones < <(jq -r '[.[].zone] | unique[]' <<< "$prices")
for zone in "${zones[@]:0:2}"; do curl -s http://app:8080/assign -d "machine=$(buy small "$zone")" -d work=web; done
large=$(buy large "${zones[0]}"); second=$(buy large "${zones[1]}"); third=$(buy large "${zones[2]}")
for hour in $(seq 48); do
    mapfile -t jobs < <(curl -s http://app:8080/jobs | jq -r '[.[] | select(.done < .hours)] | sort_by(.deadline)[].job')
    set -- "$large" "$second" "$third"
    for job in "${jobs[@]}"; do
        [ $# -gt 0 ] || break
        curl -s http://app:8080/assign -d "machine=$1" -d "work=$job" | grep -q error || shift
    done
    curl -s -X POST http://app:8080/advance -d x=1 > /tmp/last
done
cat /tmp/last
#-- the receipt
curl -s http://app:8080/receipt | jq -r '.receipt // .error'
