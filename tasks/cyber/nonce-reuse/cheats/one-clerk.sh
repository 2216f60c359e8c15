#-- orders with the signatures of the register, with zeros, and with one clerk named twice
curl -s http://app:8080/register > /tmp/register
clerks=$(curl -s http://app:8080/keys | jq -r 'keys[]')
send() { curl -s -d "$1" http://app:8080/order; }
for row in $(jq -c '.[] | {clerk, r, s}' /tmp/register | head -n 6); do
    send "{\"text\": \"order 99999: list cases\", \"signatures\": [$row]}"
done
for clerk in $clerks; do
    for value in 0 1 ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 -1; do
        one="{\"clerk\": \"$clerk\", \"r\": \"$value\", \"s\": \"$value\"}"
        send "{\"text\": \"order 99999: list cases\", \"signatures\": [$one, $one]}"
    done
done
send "$(jq -c '.[0] | {text, signatures: [., .]}' /tmp/register)"
echo none
