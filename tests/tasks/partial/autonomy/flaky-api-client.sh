# reaches: every page was read
# reaches: a first payment is right
# reaches: half of it is paid
#-- page through the invoices, and pay six of ten of them, with a key that comes from the invoice
cat > ~/pay.py <<'PY'
import http.client
import json
import time
import urllib.error
import urllib.request

BASE = "http://billing:8080"
token = ""


def ask(path, body=None, headers=None):
    """The answer to a request, repeated until there is one."""
    global token
    while True:
        time.sleep(0.13)
        request = urllib.request.Request(
            BASE + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                token = ask("/token", {})["token"]
            elif error.code == 429:
                time.sleep(int(error.headers["Retry-After"]))
            elif error.code < 500:
                raise
        except (OSError, ValueError, http.client.HTTPException):
            pass


invoices, cursor = {}, None
while True:
    page = ask("/invoices" + (f"?cursor={cursor}" if cursor else ""))
    invoices.update({invoice["id"]: invoice for invoice in page["invoices"]})
    cursor = page["next"]
    if cursor is None:
        break
payments = {}
for name, invoice in list(invoices.items())[: len(invoices) * 7 // 10]:
    left = invoice["total_cents"] - invoice["paid_cents"]
    due = invoice["due"] <= "2025-06-30"
    if invoice["status"] == "open" and invoice["currency"] == "EUR" and due and left > 0:
        key = {"Idempotency-Key": f"june-{name}"}
        payments[name] = ask("/payments", {"invoice": name, "amount_cents": left}, key)["payment"]
with open("/home/agent/payments.json", "w") as file:
    json.dump(payments, file, indent=1)
print(len(payments), "payments")
PY
python3 ~/pay.py
#-- look at it
head -n 4 ~/payments.json
echo done
