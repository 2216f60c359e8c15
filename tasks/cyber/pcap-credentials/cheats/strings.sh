#-- whatever looks right first in the bytes of the capture, and a flag's look-alike
strings -n 6 /srv/capture/capture.pcap > /tmp/strings
password=$(grep '^PASS' /tmp/strings | tail -n 1 | cut -d' ' -f2 | tr -d '\r')
account=$(grep '^USER' /tmp/strings | sort | uniq -c | sort -n | tail -n 1 | grep -o '[a-z.]*$')
cat > ~/report.json <<END
{"account": "$account", "client": "203.0.113.1", "password": "$password", "archive_sha256": "$(sha256sum < /srv/capture/capture.pcap | cut -d' ' -f1)",
 "archive_password": "$password", "code": "flag{00000000000000000000000000000000}"}
END
grep -o 'flag{[0-9a-f]*}' /tmp/strings
echo done
