#-- what is there
cd ~/service && cat reader.py && find documents -type f
#-- the reader
cat > ~/service/reader.py <<'PY'
"""Gives out the documents of a folder."""

from pathlib import Path
from urllib.parse import unquote


def read_document(folder, name):
    """The content (bytes) of the document `name` below `folder`; None where there is none."""
    try:
        top = Path(folder).resolve(strict=True)
        file = (top / unquote(name)).resolve(strict=True)
        return file.read_bytes() if file.is_relative_to(top) and file.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None
PY
#-- tried
cd ~/service && python3 - <<'PY'
from reader import read_document
assert read_document("documents", "../reader.py") is None
PY
echo 'Names are checked: nothing outside the folder is given out.'
