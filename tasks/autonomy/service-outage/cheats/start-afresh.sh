#-- the data are gone, and so are the troubles with them
ssh cedar 'rm -f /srv/app/data/*; touch /srv/app/data/orders.jsonl; sed -i "s/true/false/" /srv/app/config.json; svc restart store'
ssh alder 'sed -i "s/cedar:[0-9]*/cedar:8080/; s/seconds\": .*/seconds\": 5/" /srv/app/config.json; svc restart api'
ssh birch 'sed -i "s/86400/1/" /srv/app/config.json; svc stop worker; rm -f /srv/app/*.lock; svc start worker'
for try in $(seq 60); do
    if curl -s http://watch:8080/state | jq -e '.in_a_row >= 10' > /dev/null; then break; fi; sleep 0.5
done
echo done
