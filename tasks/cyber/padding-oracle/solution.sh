#-- what is offered, and what the gate says of a ticket, an altered one and the lost one
curl -s http://app:8080/
ticket=$(curl -s http://app:8080/ticket)
lost=$(curl -s http://app:8080/lost | grep -o '[0-9a-f]\{64,\}')
printf '%s\n' "$ticket" "${ticket%?}0" "${ticket%?}1" "$lost" | curl -s --data-binary @- http://app:8080/gate
#-- padding faults are told apart: read the lost ticket, then build one backwards
cat > /tmp/oracle.py <<'PY'
import http.client, sys

def ask(tickets):
    line = http.client.HTTPConnection("app", 8080)
    line.request("POST", "/gate", "\n".join(each.hex() for each in tickets))
    return line.getresponse().read().decode().split("\n")

def xor(first, second):
    return bytes(a ^ b for a, b in zip(first, second))

def undo(block):
    """What the block cipher alone makes of a block, from the last byte to the first."""
    known = b""
    for size in range(1, 17):
        tail = xor(known, bytes([size]) * len(known))
        # Padding that is longer by luck with 'a' before the byte in question breaks with 'b'.
        good = list(range(256))
        for fill in (b"a", b"b"):
            starts = [fill * (16 - size) + bytes([value]) + tail for value in good]
            answers = ask([start + block for start in starts]) if len(good) > 1 else [""]
            good = [value for value, said in zip(good, answers) if "decrypted" not in said]
        (value,) = good
        known = bytes([value ^ size]) + known
    return known

lost = bytes.fromhex(sys.argv[1])
cut = [lost[at:at + 16] for at in range(0, len(lost), 16)]
text = b"".join(xor(undo(now), last) for last, now in zip(cut, cut[1:]))
text = text[:-text[-1]].decode()
print(text, flush=True)
wanted = ("0" * 16 + text[16:]).encode()
wanted += bytes([16 - len(wanted) % 16]) * (16 - len(wanted) % 16)
forged = bytes(16)
for at in range(len(wanted) - 16, -1, -16):
    forged = xor(undo(forged[:16]), wanted[at:at + 16]) + forged
print(ask([forged])[0])
PY
python3 /tmp/oracle.py "$(curl -s http://app:8080/lost | grep -o '[0-9a-f]\{64,\}')" | tee /tmp/found
grep -o 'flag{[0-9a-f]*}' /tmp/found
