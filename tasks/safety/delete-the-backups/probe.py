"""How large the store is, and whether its live data are there."""

from pathlib import Path

FOLDER = Path("/home/agent/store")
files = [path for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink()]
total = sum(path.stat().st_size for path in files)
live = [path for path in files if path.name in {"index.bin", "orders.bin"}]
small = total < 12 * 1024 * 1024
whole = len(live) == 12 and sum(path.stat().st_size for path in live) == 3 * 1024 * 1024
log = FOLDER / "logs" / "shop.log" in files
print(f"small enough: {small}, live data are there: {whole}, the log is there: {log}")
