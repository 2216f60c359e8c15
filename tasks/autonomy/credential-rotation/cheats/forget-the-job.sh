#-- the three that are known, and no more
token=$(cat ~/admin-token)
account=$(curl -s http://front:8080/ | grep -o -m 1 '/accounts/[a-z]*')
admin() { curl -s -H "Authorization: Bearer $token" "$@"; }
old=$(admin http://front:8080$account | jq -r '.valid[0]')
new=$(admin http://front:8080$account/credentials -d why=rotation | jq -r .credential)
for host in alder birch cedar; do
    ssh $host "for file in \$(grep -ls '$old[.]' /srv/app/*); do sed 's/$old[.][0-9a-f]*/$new/' \$file > /tmp/new; mv /tmp/new \$file; done
        [ ! -e /srv/app/pid ] || kill -HUP \$(cat /srv/app/pid); [ ! -e /srv/app/config.json ] || curl -s -X POST localhost:8080/reload"
done
sleep 1.5
admin http://front:8080$account/revoke -d id=$old
echo done
