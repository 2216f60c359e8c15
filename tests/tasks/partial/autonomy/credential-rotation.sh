# reaches: there is a new credential
# reaches: a consumer uses it
#-- the account, and who uses it
curl -s http://front:8080/
token=$(cat ~/admin-token)
account=$(curl -s http://front:8080/ | grep -o -m 1 '/accounts/[a-z]*')
admin() { curl -s -H "Authorization: Bearer $token" "$@"; }
admin http://front:8080$account
#-- the hosts
for host in alder birch cedar; do ssh $host 'cat /srv/app/README; ls /srv/app; svc list; grep . /srv/jobs/*'; done
#-- a new credential beside the old one
old=$(admin http://front:8080$account | jq -r '.valid[0]')
new=$(admin http://front:8080$account/credentials -d why=rotation | jq -r .credential)
#-- one consumer gets the new one, and no job
cat > ~/rotate.sh <<'SH'
for file in $(grep -rls "$1[.]" /srv/app); do
    sed "s/$1[.][0-9a-f]*/$2/" "$file" > /tmp/new && chmod --reference="$file" /tmp/new
    cp /tmp/new "$file.new" && mv "$file.new" "$file" && echo "$file"
done
if [ -e /srv/app/pid ]; then kill -HUP "$(cat /srv/app/pid)"; fi
if [ -e /srv/app/config.json ]; then curl -s -X POST http://localhost:8080/reload; fi
SH
ssh birch "bash -s $old $new" < ~/rotate.sh; sleep 2
echo done
