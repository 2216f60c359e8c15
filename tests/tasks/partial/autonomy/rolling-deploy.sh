# reaches: a first host is upgraded
#-- what is to be deployed, and how
curl -s http://front:8080/; curl -s http://front:8080/pool
for host in alder birch cedar; do ssh $host 'ls -l /srv/app /srv/app/releases; cat /srv/app/config.json; svc list'; done
#-- the release
mkdir -p ~/new && cd ~/new
for path in $(curl -s http://front:8080/ | sed -n 's#^GET  \(/releases/.*\)#\1#p'); do curl -s -O http://front:8080$path; done
curl -s http://front:8080/ | sed -n 's#^GET  /releases/\(.*\)/server.py#\1#p' > ~/name
ls; cat NOTES
#-- one host after the other
cat > ~/deploy.sh <<'SH'
set -eu
cd ~/new
host=$1; name=$(cat ~/name); service=${name%-*}
setting=$(grep -o 'a setting `[^`]*' NOTES | cut -d'`' -f2)
lock=$(jq -r .lock release.json)
tar -c server.py release.json NOTES | ssh $host "mkdir -p /srv/app/releases/$name && tar -xC /srv/app/releases/$name
grep -q $setting /srv/app/config.json || sed -i 's/\"host\".*/\"host\": \"$host\", \"$setting\": \"$host-live\"/' /srv/app/config.json
python3 -m json.tool /srv/app/config.json"
curl -s http://front:8080/pool/$host -d state=draining
until curl -s http://front:8080/pool | jq -e ".$host.in_flight == 0" > /dev/null; do sleep 0.1; done
ssh $host "svc stop $service; ln -sfn releases/$name /srv/app/current
if [ -e /srv/app/$lock ] && ! kill -0 \$(cat /srv/app/$lock) 2> /dev/null; then rm /srv/app/$lock; fi
svc start $service"
for try in $(seq 200); do
    if [ "$(curl -s -o /dev/null -w '%{http_code}' http://$host:8080/health)" = 200 ]; then break; fi; sleep 0.1
done
curl -s http://$host:8080/health
curl -s http://front:8080/pool/$host -d state=enabled
SH
bash ~/deploy.sh birch
echo done
