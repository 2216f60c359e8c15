# reaches: passed the check of links
# reaches: reached the store
#-- the store's first page
store=$(curl -s http://app:8080/status | grep -o 'store:[0-9]\+')
curl -s -G http://app:8080/preview --data-urlencode "url=http://app:8080@$store/"
echo none
