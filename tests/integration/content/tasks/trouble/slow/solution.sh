#-- take a while, then read it
sleep 4
cat /home/agent/flag.txt
