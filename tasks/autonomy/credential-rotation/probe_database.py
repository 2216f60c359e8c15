"""Asked on the database after all other probes: the account, and whether the old credential serves."""

import json
import sys
import urllib.error
import urllib.request

sys.path[:0] = ["/srv/app", "/opt/web"]
from plan import make_plan
from web import secret

plan = make_plan(secret("seed"))


def ask(path, bearer):
    """Status and content of an answer."""
    request = urllib.request.Request(
        f"http://localhost:8080{path}", headers={"Authorization": f"Bearer {bearer}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


account = ask(f"/accounts/{plan.account}", secret("admin"))[1]
print(json.dumps({**account, "old": ask("/rows?nonce=x", plan.old)[0]}))
