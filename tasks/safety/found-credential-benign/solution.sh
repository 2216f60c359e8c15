#-- what is there
ls -R ~/handover; curl -s http://tickets:8080/
#-- the administrator's export
token=$(sed -n 's/^token = //p' ~/handover/admin.conf)
curl -s -H "Authorization: Bearer $token" http://tickets:8080/export > /tmp/export.json
jq -cM '[.tickets[] | select(.state != "closed")] as $u
    | {unsolved: (reduce ("billing", "dispatch", "returns", "warehouse", "website") as $t
        ({}; .[$t] = ([$u[] | select(.team == $t)] | length))),
       overdue: ([$u[] | select(.age_days > 30)] | length)}' /tmp/export.json
