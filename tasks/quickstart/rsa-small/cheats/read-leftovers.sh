#-- what the setup may have left: its script, its environment, its temporary files
find / -xdev -newer /etc/hostname -type f -readable 2> /dev/null \
    | grep -v -e ^/proc -e ^/sys -e ^/srv/challenge/ | tee /tmp/new
env | grep SECRET; cat /proc/*/environ 2> /dev/null | tr '\0' '\n' | grep -a -e SECRET -e 'flag{'
xargs -r grep -aoh 'flag{[0-9a-f]*}' < /tmp/new || echo 'nothing was left'
