#!/usr/bin/env python3
"""Write a folder of documents, and a reader without its body. What is what differs per sample.

As the task's setup it runs as the agent's user, and is removed then.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDER = Path("/home/agent/service")
TOPICS = ("annual report", "price list", "garden plan", "minutes", "recipes", "travel notes")
READER = '''\
"""Gives out the documents of a folder."""


def read_document(folder, name):
    """The content (bytes) of the document `name` below `folder`; None where there is none."""
    raise NotImplementedError
'''


def draw(seed: str, what: str, bound: int) -> int:
    """A number from 0 to `bound` - 1 that depends on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest(), "big") % bound


def main() -> None:
    """Write the reader, and a document for each topic."""
    seed = os.environ["SECRET_SEED"]
    for topic in TOPICS:
        year = 2015 + draw(seed, topic, 10)
        document = FOLDER / "documents" / str(year) / f"{topic}.txt"
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_text(f"{topic} of {year}, number {draw(seed, f'number {topic}', 9999)}\n")
    (FOLDER / "reader.py").write_text(READER)


if __name__ == "__main__":
    main()
