#-- all pages, at the pace the API asks for
cat > /tmp/fetch.py <<'PY'
import json
import time
import urllib.error
import urllib.request


def fetch(page):
    while True:
        try:
            with urllib.request.urlopen(f"http://orders:8080/orders?page={page}") as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            time.sleep(json.load(error)["retry_after_seconds"])


first = fetch(1)
orders = first["orders"]
for page in range(2, first["pages"] + 1):
    orders += fetch(page)["orders"]
json.dump(orders, open("/tmp/orders.json", "w"))
print(len(orders), "charges")
PY
python3 /tmp/fetch.py
#-- which repeat an earlier one
python3 - <<'PY'
import json

seen, repeated, cents = set(), [], 0
for order in sorted(json.load(open("/tmp/orders.json")), key=lambda each: each["number"]):
    key = (order["customer"], order["day"], order["cents"])
    if key in seen:
        repeated.append(order["number"])
        cents += order["cents"]
    seen.add(key)
print(json.dumps({"repeated": repeated, "cents": cents}))
PY
