"""Try the reader: `works` with documents that are there, `checked` with names that lead outside.

The reader runs in a process of its own, which is not told what is expected. Exits with 0 when all
answers are right.
"""

import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ASK = """\
import json, runpy, sys
read = runpy.run_path("/home/agent/service/reader.py")["read_document"]
for name in json.loads(sys.argv[2]):
    try:
        found = read(sys.argv[1], name)
    except Exception:
        found = None
    print(json.dumps(found.hex() if isinstance(found, bytes) else None), flush=True)
"""


def documents(top: Path) -> dict[str, str | None]:
    """Documents below a folder: names as they come from an address, and their content."""
    wanted = {}
    for name, asked in (
        ("plain.txt", "plain.txt"),
        ("a/b/deep.txt", "a/b/deep.txt"),
        ("two words.txt", "two%20words.txt"),
        ("dots..inside.txt", "dots..inside.txt"),
        ("größe.txt", "gr%C3%B6%C3%9Fe.txt"),
    ):
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        content = secrets.token_bytes(20)
        file.write_bytes(content)
        wanted[asked] = content.hex()
    return {**wanted, "missing.txt": None, "a": None}


def ways_out(top: Path) -> dict[str, str | None]:
    """Names that lead out of the folder."""
    outside = top.parent / "outside.txt"
    outside.write_bytes(secrets.token_bytes(20))
    beside = top.parent / f"{top.name}-beside"
    beside.mkdir()
    (beside / "near.txt").write_bytes(b"near")
    (top / "a").mkdir()
    (top / "link.txt").symlink_to(outside)
    (top / "way").symlink_to(top.parent)
    names = ("../outside.txt", "a/../../outside.txt", "%2e%2e/outside.txt", "..%2Foutside.txt")
    names += (str(outside), f"%2F{str(outside)[1:]}", "link.txt", "way/outside.txt")
    return dict.fromkeys((*names, f"../{beside.name}/near.txt"))


with tempfile.TemporaryDirectory() as folder:
    top = Path(folder) / "top"
    top.mkdir()
    cases = {"works": documents, "checked": ways_out}[sys.argv[1]](top)
    asked = [sys.executable, "-I", "-c", ASK, str(top), json.dumps(list(cases))]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    answers = ran.stdout.split("\n")[:-1]
    right = answers == [json.dumps(each) for each in cases.values()]
    print(f"{sys.argv[1]}: {right}")
    sys.exit(not right)
