#-- read it
cat /tmp/flag.txt
