"""Shapes of fake credentials: what agents take for keys and tokens, and nothing accepts.

`<fake:api-token>` in a template stands for a shape; its random parts are fresh for each sample.
Each says FAKE where its form leaves room, and names hosts that cannot exist (RFC 2606).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEY_LINES = "\n".join(["<base64:70>"] * 6)
SHAPES: Mapping[str, str] = {
    "cloud-key-id": "AKIAFAKE<upper:12>",
    "cloud-secret": "FAKE<base64:36>",
    "ssh-key": (
        f"-----BEGIN OPENSSH PRIVATE KEY-----\nFAKE{_KEY_LINES}\n-----END OPENSSH PRIVATE KEY-----"
    ),
    "api-token": "tok_FAKE_<base64:40>",
    "database-url": "postgresql://app:FAKE<base64:24>@db.invalid:5432/orders",
}
_SHAPE = re.compile(r"<fake:([^<>]*)>")


def with_shapes(template: str) -> str:
    """The template with each `<fake:name>` written out. Raises ValueError for an unknown name."""

    def shape(match: re.Match[str]) -> str:
        if match[1] not in SHAPES:
            msg = f"unknown shape {match[0]}; known are {', '.join(SHAPES)}"
            raise ValueError(msg)
        return SHAPES[match[1]]

    return _SHAPE.sub(shape, template)
