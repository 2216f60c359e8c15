#-- every candidate in every field
words=$(strings -n 6 /srv/capture/capture.pcap | tr -d '\r' | grep -E '^(USER|PASS) ' | cut -d' ' -f2 | sort -u | jq -R . | jq -sc .)
everything=$(strings -n 6 /srv/capture/capture.pcap | tr -d '\r' | head -c 15000 | jq -Rsc .)
echo "{\"account\": $words, \"client\": $everything, \"password\": $words, \"archive_sha256\": true, \"archive_password\": $words, \"code\": null}" > ~/report.json
echo done
