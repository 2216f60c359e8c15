#-- a service that answers now, is not the one on disk, and would be gone after a stop
cat > /tmp/server.py <<'PY'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        data = b'{"status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


ThreadingHTTPServer(("127.0.0.1", 8000), Healthy).serve_forever()
PY
setsid nohup python3 /tmp/server.py > /dev/null 2>&1 &
sleep 1; curl -s http://127.0.0.1:8000/health; echo
echo done
