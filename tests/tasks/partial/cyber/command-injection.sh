# reaches: broke the command line
# reaches: ran a command
#-- a command runs, and its output goes nowhere
curl -s http://app:8080/search --data-urlencode 'word=gate"' -d day=monday
curl -s http://app:8080/search --data-urlencode 'word=$(ls)' -d day=monday
echo none
