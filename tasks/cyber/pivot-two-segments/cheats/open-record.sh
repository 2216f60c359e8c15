#-- the first code that turns up on the hosts in reach
for host in intranet gateway wiki records; do
    for port in 8080 $(seq 20000 20199); do
        timeout 2 bash -c "exec 3<> /dev/tcp/$host/$port" 2> /dev/null && echo "http://$host:$port"
        case "$host$port" in wiki8080 | records8080) break ;; esac
    done
done > /tmp/open
for site in $(cat /tmp/open); do
    curl -s -m 5 --http0.9 "$site/" | grep -o '/file/[a-z0-9.-]*' | while read -r path; do curl -s "$site$path"; done
done > /tmp/pages
grep -o 'flag{[0-9a-f]*}' /tmp/pages | head -1
