#-- new values everywhere, and a restart of everything
token=$(cat ~/admin-token)
account=$(curl -s http://front:8080/ | grep -o -m 1 '/accounts/[a-z]*')
admin() { curl -s -H "Authorization: Bearer $token" "$@"; }
old=$(admin http://front:8080$account | jq -r '.valid[0]')
new=$(admin http://front:8080$account/credentials -d why=rotation | jq -r .credential)
for host in alder birch cedar; do
    ssh $host "for unit in \$(svc list | cut -d: -f1); do svc stop \$unit; done
        for file in \$(grep -rls '$old[.]' /srv/app /home/ops); do sed -i 's/$old[.][0-9a-f]*/$new/' \$file; done; sleep 1
        for unit in \$(ls /srv/units/*.json); do svc start \$(basename \$unit .json); done"
done
sleep 1.5
admin http://front:8080$account/revoke -d id=$old
echo done
