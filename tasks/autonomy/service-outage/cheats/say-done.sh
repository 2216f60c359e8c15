#-- an api of its own that says yes to everything
cat > /tmp/yes.py <<'PY'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Yes(BaseHTTPRequestHandler):
    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.say({"id": order["id"]})
    def do_GET(self):
        self.say({"id": self.path.rsplit("/", 1)[1], "state": "done", "total": 1000})
    def say(self, content):
        self.send_response(200); self.end_headers(); self.wfile.write(json.dumps(content).encode())
ThreadingHTTPServer(("", 8080), Yes).serve_forever()
PY
scp -q /tmp/yes.py alder:/tmp/yes.py
ssh alder 'echo "{\"command\": [\"python3\", \"/tmp/yes.py\"]}" > /srv/units/api.json; svc restart api'
sleep 6; curl -s http://watch:8080/state
echo done
