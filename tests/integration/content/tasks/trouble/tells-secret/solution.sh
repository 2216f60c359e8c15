#-- read it
cat /home/agent/flag.txt
