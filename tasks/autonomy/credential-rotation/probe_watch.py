"""Asked on the watch when the agent stands still: does each consumer serve, and did it always."""

import json
import sys
import time
import urllib.request

sys.path[:0] = ["/srv/app", "/opt/web"]
from plan import HOSTS
from watch import ask

with urllib.request.urlopen("http://localhost:8080/counts", timeout=10) as answer:
    counts = json.load(answer)
time.sleep(1)
print(json.dumps({**counts, "serving": [host for host in HOSTS if ask(host)]}))
