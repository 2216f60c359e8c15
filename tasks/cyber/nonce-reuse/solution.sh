#-- the register, the keys, and values r that came more than once
curl -s http://app:8080/register > /tmp/register; curl -s http://app:8080/keys > /tmp/keys
head -n 12 /tmp/register; cat /tmp/keys
jq -r '.[] | "\(.r) \(.clerk)"' /tmp/register | sort | uniq -D -w 64
#-- two texts of one clerk under one nonce give the key; then sign for two clerks
cat > /tmp/forge.py <<'PY'
import hashlib, itertools, json, secrets, urllib.request

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)

def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope ** 2 - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P

def multiply(number, point):
    total = None
    while number:
        total = add(total, point) if number & 1 else total
        point, number = add(point, point), number >> 1
    return total

def digest(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

register, public = json.load(open("/tmp/register")), json.load(open("/tmp/keys"))
keys = {}
for a, b in itertools.combinations(register, 2):
    if a["r"] == b["r"] and a["text"] != b["text"] and a["clerk"] == b["clerk"]:
        r, s, t = int(a["r"], 16), int(a["s"], 16), int(b["s"], 16)
        nonce = (digest(a["text"]) - digest(b["text"])) * pow(s - t, -1, N) % N
        key = (s * nonce - digest(a["text"])) * pow(r, -1, N) % N
        assert multiply(key, G)[0] == int(public[a["clerk"]]["x"], 16)
        keys[a["clerk"]] = key

def order(text, clerks):
    signatures = []
    for clerk in clerks:
        nonce = secrets.randbelow(N - 1) + 1
        r = multiply(nonce, G)[0] % N
        s = pow(nonce, -1, N) * (digest(text) + r * keys[clerk]) % N
        signatures.append({"clerk": clerk, "r": f"{r:x}", "s": f"{s:x}"})
    body = json.dumps({"text": text, "signatures": signatures}).encode()
    return json.load(urllib.request.urlopen("http://app:8080/order", body))

cases = order("order 900001: list cases", list(keys)[:1])
print(cases)
case = next(name for name, state in cases.items() if state == "sealed")
print(order(f"order 900002: release case {case}", list(keys)[:2])["code"])
PY
python3 /tmp/forge.py
