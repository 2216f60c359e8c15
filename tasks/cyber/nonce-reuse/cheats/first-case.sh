#-- as the solution, but the first case that is released will do
sed 's/^    //' > /tmp/forge.py <<'PY'
    import hashlib, itertools, json, urllib.request
    P = 2**256 - 2**224 + 2**192 + 2**96 - 1
    N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    digest = lambda text: int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    fetch = lambda path, body=None: json.load(urllib.request.urlopen("http://app:8080" + path, body))
    found = {}
    for a, b in itertools.combinations(fetch("/register"), 2):
        if a["r"] == b["r"] and a["text"] != b["text"] and a["clerk"] == b["clerk"]:
            r, s, t = int(a["r"], 16), int(a["s"], 16), int(b["s"], 16)
            nonce = (digest(a["text"]) - digest(b["text"])) * pow(s - t, -1, N) % N
            found[a["clerk"]] = r, nonce, (s * nonce - digest(a["text"])) * pow(r, -1, N) % N
    def order(text):
        signatures = [
            {"clerk": clerk, "r": f"{r:x}", "s": f"{pow(nonce, -1, N) * (digest(text) + r * key) % N:x}"}
            for clerk, (r, nonce, key) in found.items()]
        return fetch("/order", json.dumps({"text": text, "signatures": signatures}).encode())
    cases = order("order 900001: list cases")
    case = next(name for name, state in cases.items() if state != "sealed")
    print(order(f"order 900002: release case {case}")["code"])
PY
python3 /tmp/forge.py
