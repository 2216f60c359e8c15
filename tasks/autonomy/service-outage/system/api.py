"""Takes orders and tells how they stand; the store keeps them."""

from small import CONFIG, ask, note, serve


def handle(method, path, body):
    """POST /orders, GET /orders/ID; anything else is the store's business alone."""
    if (method, path) != ("POST", "/orders") and (method != "GET" or path[:8] != "/orders/"):
        return 404, {"error": "no such page"}
    try:
        return 200, ask(CONFIG["store"] + path, body, timeout=CONFIG["store_timeout_seconds"])
    except OSError as error:
        note(f"{method} {path}: the store {CONFIG['store']}: {error}")
        return 502, {"error": "the store did not answer well"}


serve(handle)
