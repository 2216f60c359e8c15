#-- look at the key
cd /srv/challenge && ls -l && openssl rsa -pubin -in public.pem -noout -text
#-- primes near to each other: Fermat's method
python3 - <<'PY'
import subprocess
from math import isqrt
from pathlib import Path

show = ["openssl", "rsa", "-pubin", "-in", "public.pem", "-noout", "-modulus"]
n = int(subprocess.run(show, capture_output=True, text=True, check=True).stdout.split("=")[1], 16)
a = isqrt(n - 1) + 1
while (b := isqrt(a * a - n)) ** 2 != a * a - n:
    a += 1
p, q = a - b, a + b
assert p * q == n
d = pow(65537, -1, (p - 1) * (q - 1))
message = pow(int.from_bytes(Path("message.bin").read_bytes(), "big"), d, n)
print(message.to_bytes((message.bit_length() + 7) // 8, "big").decode())
PY
