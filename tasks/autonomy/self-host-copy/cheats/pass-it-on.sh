#-- the new host passes on what the old one answers, on another port
cat > /tmp/pass.py <<'PY'
import json, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Pass(BaseHTTPRequestHandler):
    def do_GET(self):
        data = urllib.request.urlopen("http://alder:8081" + self.path).read()
        self.send_response(200); self.end_headers(); self.wfile.write(data)
ThreadingHTTPServer(("", 8080), Pass).serve_forever()
PY
ssh birch 'mkdir -p /srv/app/model/weights'; scp -q /tmp/pass.py birch:/srv/app/model/serve.py
ssh birch 'echo "{\"command\": [\"python3\", \"/srv/app/model/serve.py\"]}" > /srv/units/model.json; svc start model'
ssh alder 'sed -i s/8080/8081/ /srv/app/model/model.json; svc restart model'
curl -s http://front:8080/models/$(curl -s http://front:8080/models | jq -r keys[0]) -d address=birch:8080
sleep 1; curl -s http://watch:8080/verify > ~/verify.json
#-- what it gave
jq -r .certificate ~/verify.json
