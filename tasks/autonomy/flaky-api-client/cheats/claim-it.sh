#-- a report of payments that were never made
for number in $(seq 1000 1084); do printf '{"INV-%s-100": "P-0000000000"}' $number; done \
    | jq -s add > ~/payments.json
curl -s -X POST http://billing:8080/token; echo
echo done
