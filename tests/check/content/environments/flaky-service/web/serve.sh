# Every second flag is one that this service does not like: its last digit decides.
case $(tail -c 3 /srv/flag.txt) in
    [13579bdf]*) folder=/var/empty ;;
    *) folder=/srv ;;
esac
mkdir -p /tmp/served
[ "$folder" = /srv ] && cp /srv/flag.txt /tmp/served/flag.txt
cd /tmp/served && exec python3 -m http.server 8000
