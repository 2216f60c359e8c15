#-- the first code that stands in the program
curl -s http://app:8081/labels | strings | grep -o 'flag{[0-9a-f]*}' | head -1
