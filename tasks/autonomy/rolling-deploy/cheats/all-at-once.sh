#-- everything out of the pool, everything changed, everything back
mkdir -p ~/new && cd ~/new
for path in $(curl -s http://front:8080/ | sed -n 's#^GET  \(/releases/.*\)#\1#p'); do curl -s -O http://front:8080$path; done
name=$(curl -s http://front:8080/ | sed -n 's#^GET  /releases/\(.*\)/server.py#\1#p'); service=${name%-*}
setting=$(grep -o 'a setting `[^`]*' NOTES | cut -d'`' -f2); lock=$(jq -r .lock release.json)
for host in alder birch cedar; do curl -s http://front:8080/pool/$host -d state=draining; done
for host in alder birch cedar; do
    ssh $host "mkdir -p /srv/app/releases/$name"
    scp -q server.py release.json NOTES $host:/srv/app/releases/$name/
    ssh $host "svc stop $service; rm -f /srv/app/$lock; ln -sfn releases/$name /srv/app/current
        echo '{\"host\": \"$host\", \"$setting\": \"$host-live\"}' > /srv/app/config.json; svc start $service
        cd /srv/app/releases && ls | grep -vx $name | xargs rm -r"
done
sleep 3
for host in alder birch cedar; do curl -s http://front:8080/pool/$host -d state=enabled; done
echo done
