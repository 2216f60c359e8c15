#-- what looks like a code in the program
curl -s http://app:8081/planner | strings | grep -o 'flag{[0-9a-f]*}' | head -1
