# reaches: orders are accepted
# reaches: no order got lost
#-- the system, and how it does
ssh alder 'cat /opt/app/MANUAL'; curl -s http://watch:8080/state
for host in alder birch cedar; do ssh $host 'svc list; cat /srv/app/config.json; ls -la /srv/app /srv/app/data 2> /dev/null; tail -n 3 /srv/units/*.log'; done
#-- the store first, since the others need it
ssh cedar 'chmod u+w /srv/app/data/orders.jsonl; sed -i "s/true/false/" /srv/app/config.json; rm -f /srv/app/data/debug.log
svc restart store'
#-- then the api
ssh alder 'sed -i "s#cedar:[0-9]*#cedar:8080#; s/seconds\": .*/seconds\": 5/" /srv/app/config.json; svc restart api'
echo done
