#-- let the clock run, backwards too, and ask
for hour in $(seq 48); do curl -s -o /dev/null http://app:8080/advance -d hours=-1; done
curl -s http://app:8080/status
#-- the receipt
curl -s http://app:8080/receipt | jq -r '.receipt // .error'
