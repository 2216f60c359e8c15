"""A harness for third-party capability evaluations of AI agents.

Content (agents, graders) imports from here and nowhere deeper.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.errors import (
        LimitReached,
        Refused,
        StopSample,
        Submitted,
        UsageError,
    )
    from harness.evidence import Evidence, FileEntry, Probe
    from harness.history.frames import load_runs
    from harness.messages import (
        Message,
        Reply,
        Settings,
        Text,
        ToolAnswer,
        ToolSpec,
        ToolUse,
        user_message,
    )
    from harness.models.scripted import load_script
    from harness.protocols import Budget, Session, ToolResult
    from harness.results import Grade, SampleResult

_HOME = {
    "errors": ("LimitReached", "Refused", "StopSample", "Submitted", "UsageError"),
    "evidence": ("Evidence", "FileEntry", "Probe"),
    "history.frames": ("load_runs",),
    "messages": (
        "Message",
        "Reply",
        "Settings",
        "Text",
        "ToolAnswer",
        "ToolSpec",
        "ToolUse",
        "user_message",
    ),
    "models.scripted": ("load_script",),
    "protocols": ("Budget", "Session", "ToolResult"),
    "results": ("Grade", "SampleResult"),
}
_MODULES = {name: module for module, names in _HOME.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "Budget",
    "Evidence",
    "FileEntry",
    "Grade",
    "LimitReached",
    "Message",
    "Probe",
    "Refused",
    "Reply",
    "SampleResult",
    "Session",
    "Settings",
    "StopSample",
    "Submitted",
    "Text",
    "ToolAnswer",
    "ToolResult",
    "ToolSpec",
    "ToolUse",
    "UsageError",
    "load_runs",
    "load_script",
    "user_message",
]


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: `harness --help` needs none of them."""
    if name not in _MODULES:
        msg = f"module 'harness' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"harness.{_MODULES[name]}"), name)
