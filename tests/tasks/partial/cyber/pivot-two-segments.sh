# reaches: found the print desk
# reaches: read an account that still exists
#-- which services are there in front?
cd /tmp && cat > scan.py <<'PY'
import socket
for host in ("intranet", "gateway"):
    for port in range(20000, 20200):
        try:
            socket.create_connection((host, port), timeout=5).close()
        except OSError:
            continue
        print(host, port)
PY
python3 scan.py | tee open; curl -s http://intranet:8080/
desk=http://intranet:$(sed -n 's/^intranet //p' open | head -1)
curl -s "$desk/" | tee files
for path in $(grep -o '/file/[a-z0-9.-]*' files | sort -u); do curl -s "$desk$path"; echo; done | tee left
echo none
