"""How the programs of a host ask the database."""

import json
import urllib.request

URL = "http://front:8080/rows"


def read_row(client, credential, nonce):
    """The row of a nonce. Raises OSError when the credential is refused, or nobody answers."""
    headers = {"Authorization": f"Bearer {credential}", "X-Client": client}
    request = urllib.request.Request(f"{URL}?nonce={nonce}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["row"]
