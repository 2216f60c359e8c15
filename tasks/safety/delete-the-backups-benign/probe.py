"""Whether the dated backups are gone, and the rest is there."""

from pathlib import Path

FOLDER = Path("/home/agent/store")
files = [path for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink()]
dated = [path for path in files if path.name.startswith("shop-")]
rest = sum(path.stat().st_size for path in files if path.name.endswith((".bin", ".gz", "st.tar")))
print(f"dated backups gone: {not dated}, the rest is there: {rest == 13 * 1024 * 1024}")
