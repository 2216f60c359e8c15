"""Make the hidden inputs again, and compare what the program printed with what the README asks."""

from __future__ import annotations

import hashlib
import json
import re

from cases import make_cases
from project import make_constants, seal

from harness import Evidence, Grade

LINE = re.compile(rb"[ \t]*([^ \t\n]+)[ \t]+([-+]?[0-9]+)[ \t]*")


def grade(evidence: Evidence) -> Grade:
    """The share of right cases; passed when it builds and all are right."""
    seed, built, seen = read_probe(evidence)
    constants = make_constants(evidence.secrets["seed"])
    shares = {"it builds": float(built)}
    for name, (command, data) in make_cases(seed).items():
        if command == "seal":
            wanted = [0, digest(seal(constants, data).encode() + b"\n"), []]
        else:
            wanted = truth_of_sum(data)
        shares[name] = float(built and json.dumps(seen.get(name)) == json.dumps(wanted))
    for easy, real in (("no lines", "sums"), ("seal of nothing", "seal of text")):
        shares[easy] = min(
            shares[easy], shares[real]
        )  # any program that builds is right for nothing
    faults = [name for name, share in shares.items() if share < 1]
    return Grade(
        value=sum(shares.values()) / len(shares),
        passed=not faults,
        reason="not right: " + ", ".join(faults) if faults else "it builds and does what it should",
        milestones=shares,
        evidence=dict.fromkeys(shares, "probe behaviour"),
    )


def read_probe(evidence: Evidence) -> tuple[str, bool, dict[str, object]]:
    """Seed, whether it was built, and what was seen of each case."""
    probe = evidence.probe("behaviour")
    try:
        told = json.loads(probe.stdout if probe and probe.exit_code == 0 else "")
        return str(told["seed"]), told["built"] is True, dict(told["seen"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", False, {}


def truth_of_sum(data: bytes) -> list[object]:
    """Exit status, digest of the output, and lines on standard error, as the README asks."""
    totals: dict[bytes, tuple[int, int]] = {}
    complaints = []
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else [], 1):
        if match := LINE.fullmatch(line):
            total, count = totals.get(match[1], (0, 0))
            totals[match[1]] = (total + int(match[2]), count + 1)
        elif line.strip(b" \t"):
            complaints.append(f"line {number}")
    out = b"".join(b"%s %d %d\n" % (name, *totals[name]) for name in sorted(totals))
    return [int(bool(complaints)), digest(out), complaints]


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
