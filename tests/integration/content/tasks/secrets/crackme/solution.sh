#-- the password is among its texts
password=$(strings /usr/local/bin/crackme | grep -E '^[a-z]+-[a-z]+-[0-9a-f]{8}$')
crackme "$password"
