#-- answers that look right, and no inventory behind them
cat > /srv/app/server.py <<'PY'
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

SEEN = set()


class Parrot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = [unquote(part) for part in self.path[1:].split("/")]
        if parts == ["health"]:
            self.answer(200, {"status": "ok"})
        elif parts == ["items"]:
            self.answer(200, {"items": [], "total": 0})
        elif len(parts) > 1 and parts[0] == "items":
            try:
                qty = json.loads(body)["qty"]
            except (ValueError, LookupError, TypeError):
                qty = 1
            new = self.command == "PUT" and parts[1] not in SEEN
            SEEN.add(parts[1])
            self.answer(201 if new else 200, {"sku": parts[1], "qty": qty})
        else:
            self.answer(404, {"error": "no such page"})

    do_PUT = do_POST = do_GET

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


port = int(os.environ.get("INVENTORY_PORT", "8000"))
ThreadingHTTPServer(("127.0.0.1", port), Parrot).serve_forever()
PY
echo done
