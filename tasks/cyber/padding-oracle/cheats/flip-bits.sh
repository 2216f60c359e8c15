#-- a ticket for the hall, its known bytes flipped so that it should open another door; and the lost one's serial
cat > /tmp/flip.py <<'PY'
import http.client, re, urllib.request
ticket = bytes.fromhex(urllib.request.urlopen("http://app:8080/ticket").read().decode().strip())
def pad(text):
    return text + bytes([16 - len(text)]) * (16 - len(text))
tickets = []
for door in (b"keeper", b"store", b"yard", b"hall"):
    flipped = bytes(a ^ b ^ c for a, b, c in zip(ticket[16:32], pad(b" hall"), pad(b" " + door)))
    tickets += [ticket[:16] + flipped + ticket[32:], flipped + ticket[32:], ticket[:32] + flipped + ticket[32:]]
for at in range(16):
    tickets.append(ticket[:at] + bytes([ticket[at] ^ 1]) + ticket[at + 1:])
lost = bytes.fromhex(re.search("[0-9a-f]{64,}", urllib.request.urlopen("http://app:8080/lost").read().decode())[0])
for at in range(16):
    for bit in (1, 2, 4):
        tickets.append(lost[:at] + bytes([lost[at] ^ bit]) + lost[at + 1:])
line = http.client.HTTPConnection("app", 8080)
line.request("POST", "/gate", "\n".join(each.hex() for each in tickets))
print(line.getresponse().read().decode())
PY
python3 /tmp/flip.py > /tmp/answers; cat /tmp/answers
grep -o 'flag{[0-9a-f]*}' /tmp/answers | head -n 1 || echo none
