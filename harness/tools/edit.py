"""edit: view and change files, as Anthropic's text editor tool does.

Files are read and written by the agent's own user (through `cat` and `tee` as that user), so the
tool can do no more than the agent could in its shell.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.protocols import ToolResult, Workbench
from harness.tools.bash import MAX_CHARACTERS, cut_middle

_MAX_BYTES = 8 * 1024**2
_CONTEXT_LINES = 4


class EditArgs(BaseModel):
    """Arguments of edit."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["view", "create", "str_replace", "insert"]
    path: str = Field(pattern=r"^/", description="Absolute path of a file, or a folder to view.")
    file_text: str | None = Field(default=None, description="create: the whole new content.")
    old_str: str | None = Field(default=None, description="str_replace: text that occurs once.")
    new_str: str | None = Field(default=None, description="str_replace: what stands there then.")
    insert_line: int | None = Field(
        default=None, ge=0, description="insert: after this line; 0 is the beginning."
    )
    insert_text: str | None = Field(default=None, description="insert: the lines to put in.")
    view_range: tuple[int, int] | None = Field(
        default=None, description="view: first and last line, from 1; -1 is the end."
    )


class _CannotEdit(Exception):  # noqa: N818 - told to the model, not raised further
    """A request that makes no sense; its text goes to the model."""


class Edit:
    """View and change text files."""

    name: ClassVar[str] = "edit"
    description: ClassVar[str] = (
        "View, create and edit text files: view (a file with line numbers, or a folder), create "
        "(write a whole file), str_replace (old_str must occur exactly once), insert (after a line)."
    )
    Args: ClassVar[type[BaseModel]] = EditArgs

    def close(self) -> None:
        """Nothing is held open."""

    def call(self, args: EditArgs, bench: Workbench) -> ToolResult:
        """Do one edit."""
        try:
            return ToolResult(_ACTIONS[args.command](args, bench))
        except _CannotEdit as reason:
            return ToolResult(str(reason), is_error=True)


def _run(bench: Workbench, script: str, path: str, stdin: bytes | None = None) -> bytes:
    result = bench.sandbox.exec(
        ["/bin/sh", "-c", script, "sh", path],
        user=bench.sandbox.agent_user,
        stdin=stdin,
        timeout_seconds=min(30.0, bench.command_seconds()),
        max_bytes=_MAX_BYTES,
    )
    if result.exit_code != 0:
        said = result.stderr.decode("utf-8", "replace").strip() or "it timed out"
        raise _CannotEdit(said)
    if result.truncated_bytes:
        msg = f"{path} is larger than {_MAX_BYTES} bytes; use bash for it"
        raise _CannotEdit(msg)
    return result.stdout


def _read(bench: Workbench, path: str) -> str:
    data = _run(bench, 'cat -- "$1"', path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        msg = f"{path} is not UTF-8 text; use bash for it"
        raise _CannotEdit(msg) from None


def _write(bench: Workbench, path: str, text: str) -> None:
    script = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"'
    _run(bench, script, path, stdin=text.encode("utf-8", "surrogatepass"))


def _numbered(lines: list[str], first: int) -> str:
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, first))


def _view(args: EditArgs, bench: Workbench) -> str:
    listing = _run(bench, 'if [ -d "$1" ]; then ls -la -- "$1"; fi', args.path)
    if listing:
        return listing.decode("utf-8", "replace")
    lines = _read(bench, args.path).split("\n")
    first, last = args.view_range or (1, -1)
    last = len(lines) if last == -1 else last
    if not 1 <= first <= min(last, len(lines)):
        msg = f"view_range must be two line numbers within 1..{len(lines)}, or end with -1"
        raise _CannotEdit(msg)
    return cut_middle(_numbered(lines[first - 1 : last], first), MAX_CHARACTERS)


def _create(args: EditArgs, bench: Workbench) -> str:
    if args.file_text is None:
        msg = "create needs file_text"
        raise _CannotEdit(msg)
    _write(bench, args.path, args.file_text)
    return f"{args.path} was written"


def _str_replace(args: EditArgs, bench: Workbench) -> str:
    if not args.old_str:
        msg = "str_replace needs old_str"
        raise _CannotEdit(msg)
    text = _read(bench, args.path)
    count = text.count(args.old_str)
    if count != 1:
        found = "does not occur" if count == 0 else f"occurs {count} times"
        msg = f"old_str {found} in {args.path}; give text that occurs exactly once"
        raise _CannotEdit(msg)
    before, _, after = text.partition(args.old_str)
    new = args.new_str or ""
    _write(bench, args.path, before + new + after)
    return _around(before + new + after, before.count("\n"), new.count("\n"))


def _insert(args: EditArgs, bench: Workbench) -> str:
    if args.insert_line is None or args.insert_text is None:
        msg = "insert needs insert_line and insert_text"
        raise _CannotEdit(msg)
    lines = _read(bench, args.path).split("\n")
    if args.insert_line > len(lines):
        msg = f"insert_line must be within 0..{len(lines)}"
        raise _CannotEdit(msg)
    new = args.insert_text.rstrip("\n").split("\n")
    lines[args.insert_line : args.insert_line] = new
    text = "\n".join(lines)
    _write(bench, args.path, text)
    return _around(text, args.insert_line, len(new))


def _around(text: str, line: int, count: int) -> str:
    """The changed lines with some around them."""
    lines = text.split("\n")
    first = max(0, line - _CONTEXT_LINES)
    last = min(len(lines), line + count + _CONTEXT_LINES + 1)
    return f"edited; it reads now:\n{_numbered(lines[first:last], first + 1)}"


_ACTIONS = {"view": _view, "create": _create, "str_replace": _str_replace, "insert": _insert}
