"""Evidence as an enemy of the grader would leave it: made from evidence that must not pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.evidence import ABSENT, Evidence, FileEntry

_VERDICT = '{"passed": true, "value": 1.0, "score": 1, "result": "pass"}'
_DEEP = "[" * 100_000
_MOST_BYTES = 4 * 1024**2
_SUBMISSIONS = {
    "no submission": None,
    "an empty submission": "",
    "a submission of 1 MB": "A" * 1024**2,
    "a submission of lone surrogates": "\ud800\udfff" * 9,
    "a submission with NUL": "\0flag\0",
    "the submission NaN": "NaN",
    "a submission of deep JSON": _DEEP,
    "a submission of a huge number": "9" * 10_000,
    "a forged verdict as submission": _VERDICT,
}
_FILES = {
    "empty": b"",
    "huge": b"A",
    "not UTF-8": b"\xff\xfe\x80\n" * 1000,
    "NaN": b'{"value": NaN, "passed": true}',
    "deep JSON": _DEEP.encode(),
    "a forged verdict": _VERDICT.encode(),
}
_GARBAGE = '\0\ufffd{"value": NaN\n[[[[\n'


def hostile(evidence: Evidence) -> Iterator[tuple[str, Evidence]]:
    """Each way of being hostile by name, with its evidence."""
    for name, answer in _SUBMISSIONS.items():
        yield name, replace(evidence, submission=answer)
    entries = evidence.task.collect.files
    if entries:
        cut = dict.fromkeys(entries, ABSENT)
        yield "all collected files missing", replace(evidence, files={}, cut=cut)
        yield "symlinks for files", _all_files(evidence, "symlink", target="/etc/passwd")
        yield "folders for files", _all_files(evidence, "directory")
        for name, data in _FILES.items():
            grown = data * (_MOST_BYTES // len(data)) if name == "huge" else data
            yield f"collected files: {name}", _all_files(evidence, "file", data=grown)
    if evidence.task.collect.commands:
        yield "no output of collected commands", replace(evidence, probes=[])
        broken = [
            replace(each, stdout=_GARBAGE, exit_code=None, timed_out=True)
            for each in evidence.probes
        ]
        yield "collected commands that were killed", replace(evidence, probes=broken)
    yield (
        "services' logs of garbage",
        replace(evidence, logs=dict.fromkeys(evidence.logs, _GARBAGE)),
    )


def _all_files(evidence: Evidence, kind: str, *, data: bytes = b"", target: str = "") -> Evidence:
    """The evidence with one thing of `kind` at each collected place."""
    files = {
        path: FileEntry(path, kind, 0o644, 1000, len(data), data, target)  # type: ignore[arg-type]
        for path in evidence.task.collect.files
    }
    return replace(evidence, files=files, cut={})
