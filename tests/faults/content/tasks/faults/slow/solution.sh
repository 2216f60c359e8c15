#-- read it
sleep 4
cat /tmp/flag.txt
