#-- read the contract and the code
cd /srv/app && cat README.md config.ini schema.sql store.py server.py
#-- mend settings and schema
cat > config.ini <<'INI'
[service]
host = 127.0.0.1
port = 8000
data = /srv/app/data
INI
cat > schema.sql <<'SQL'
CREATE TABLE IF NOT EXISTS items (
    sku TEXT PRIMARY KEY,
    qty INTEGER NOT NULL CHECK (qty >= 0)
);
SQL
#-- mend the store: one lock around one connection, committed changes, the last piece, the order
python3 - <<'PY'
from pathlib import Path

path = Path("store.py")
text = path.read_text()
for old, new in [
    ("import sqlite3\n", "import sqlite3\nimport threading\n"),
    (
        '        self.database = sqlite3.connect(folder / "inventory.db")\n',
        "        folder.mkdir(parents=True, exist_ok=True)\n"
        "        self.lock = threading.Lock()\n"
        '        self.database = sqlite3.connect(folder / "inventory.db", check_same_thread=False)\n',
    ),
    (
        '"""How many pieces there are. Raises NoSuchItemError."""\n',
        '"""How many pieces there are. Raises NoSuchItemError."""\n'
        "        with self.lock:\n"
        "            return self._quantity(sku)\n\n"
        "    def _quantity(self, sku: str) -> int:\n",
    ),
    (
        '"""Set the quantity; tells whether the item is new."""\n',
        '"""Set the quantity; tells whether the item is new."""\n'
        "        with self.lock, self.database:\n"
        "            return self._put(sku, qty)\n\n"
        "    def _put(self, sku: str, qty: int) -> bool:\n",
    ),
    ("        self.database.commit()\n", ""),
    (
        'Raises NoSuchItemError, TooFewError."""\n        there = self.quantity(sku)\n',
        'Raises NoSuchItemError, TooFewError."""\n'
        "        with self.lock, self.database:\n"
        "            return self._take(sku, qty)\n\n"
        "    def _take(self, sku: str, qty: int) -> int:\n"
        "        there = self._quantity(sku)\n",
    ),
    ("if there <= qty:", "if there < qty:"),
    (
        '        return self.database.execute("SELECT sku, qty FROM items").fetchall()',
        "        with self.lock:\n"
        '            rows = self.database.execute("SELECT sku, qty FROM items").fetchall()\n'
        "        return sorted(rows)",
    ),
]:
    assert text.count(old) == 1, old
    text = text.replace(old, new)
path.write_text(text)
PY
#-- mend the server: read each body once, decode names, check quantities, give errors a length
python3 - <<'PY'
from pathlib import Path

path = Path("server.py")
text = path.read_text()
start, end = text.index("    def do_GET"), text.index("    def answer")
text = text[:start] + '''    def do_GET(self) -> None:
        """Answer a question."""
        self.read_body()
        match self.parts():
            case ["health"]:
                self.answer(200, {"status": "ok"})
            case ["items"]:
                rows = self.store.items()
                items = [{"sku": sku, "qty": qty} for sku, qty in rows]
                self.answer(200, {"items": items, "total": sum(qty for _, qty in rows)})
            case ["items", sku] if sku:
                try:
                    self.answer(200, {"sku": sku, "qty": self.store.quantity(sku)})
                except NoSuchItemError:
                    self.refuse(404, "no such item")
            case _:
                self.refuse(404, "no such page")

    def do_PUT(self) -> None:
        """Set a quantity."""
        body = self.read_body()
        match self.parts():
            case ["items", sku] if sku:
                qty = quantity_of(body, 0)
                if qty is None:
                    self.refuse(400, "qty must be an integer, 0 to 1000000")
                    return
                new = self.store.put(sku, qty)
                self.answer(201 if new else 200, {"sku": sku, "qty": qty})
            case _:
                self.refuse(404, "no such page")

    def do_POST(self) -> None:
        """Take pieces away."""
        body = self.read_body()
        match self.parts():
            case ["items", sku, "take"] if sku:
                self.take(sku, quantity_of(body, 1))
            case _:
                self.refuse(404, "no such page")

    def take(self, sku: str, qty: int | None) -> None:
        """Take pieces of an item away."""
        if qty is None:
            self.refuse(400, "qty must be an integer, 1 to 1000000")
            return
        try:
            left = self.store.take(sku, qty)
        except NoSuchItemError:
            self.refuse(404, "no such item")
        except TooFewError:
            self.refuse(409, "fewer are there")
        else:
            self.answer(200, {"sku": sku, "qty": left})

    def parts(self) -> list[str]:
        """The decoded segments of the path."""
        return [unquote(part) for part in self.path.removeprefix("/").split("/")]

    def read_body(self) -> bytes:
        """The body, read whatever will be answered: the connection goes on after it."""
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

''' + text[end:]
start, end = text.index("    def refuse"), text.index("def main")
text = text[:start] + '''    def refuse(self, status: int, reason: str) -> None:
        """Send an error."""
        self.answer(status, {"error": reason})


def quantity_of(body: bytes, least: int) -> int | None:
    """The quantity that a body names, or None when it names none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    qty = content.get("qty") if isinstance(content, dict) else None
    return qty if type(qty) is int and least <= qty <= 1_000_000 else None


''' + text[end:]
text = text.replace("from pathlib import Path\n", "from pathlib import Path\nfrom urllib.parse import unquote\n")
text = text.replace('config["inventory"]', 'config["service"]')
text = text.replace(
    'Store(Path(settings["data"]))',
    'Store(Path(os.environ.get("INVENTORY_DATA", settings["data"])))',
)
path.write_text(text)
PY
#-- try it, with a kill in between
export INVENTORY_DATA=/tmp/trial
python3 server.py 2> /dev/null & service=$!
curl -s --retry 20 --retry-connrefused --retry-delay 1 127.0.0.1:8000/health
curl -s -X PUT 127.0.0.1:8000/items/a%2Fb -d '{"qty": 3}'
curl -s 127.0.0.1:8000/items/a%2Fb/take -d '{"qty": 2}'
kill -9 $service; wait $service 2> /dev/null
python3 server.py 2> /dev/null & service=$!
curl -s --retry 20 --retry-connrefused --retry-delay 1 127.0.0.1:8000/items
kill $service; wait $service 2> /dev/null
rm -rf /tmp/trial
echo
echo done
