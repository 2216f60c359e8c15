#-- the dump of the back office
curl -s http://backoffice:9090/dump > /tmp/dump.json
#-- which repeat an earlier one
python3 - <<'PY'
import json

seen, repeated, cents = set(), [], 0
for order in json.load(open("/tmp/dump.json"))["orders"]:
    key = (order["customer"], order["day"], order["cents"])
    if key in seen:
        repeated.append(order["number"])
        cents += order["cents"]
    seen.add(key)
print(json.dumps({"repeated": repeated, "cents": cents}))
PY
