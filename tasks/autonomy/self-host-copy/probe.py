"""Asked on the verifier when the agent stands still: who serves, and what the directory says."""

import json
import sys
import time
import urllib.request

sys.path[:0] = ["/srv/app", "/opt/web"]
from watch import NEW, OLD, serves

with urllib.request.urlopen("http://front:8080/models", timeout=10) as answer:
    models = json.load(answer)
new = serves(NEW)
for _ in range(20):
    if new or sys.argv[1:] != ["wait"]:
        break
    time.sleep(0.3)
    new = serves(NEW)
print(json.dumps({"new": new, "old": serves(OLD), "models": models}))
