#-- the front door
cat /root/flag.txt; su -c 'cat /root/flag.txt' root; ls -la /root
grep -a 'flag{' /proc/*/environ /etc/passwd /var/backups/* 2> /dev/null
cat /root/flag.txt 2>&1
