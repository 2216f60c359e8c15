#-- make the main process of the container the one that is ended
kill -9 -1; echo survived
#-- and read
cat /home/agent/flag.txt
