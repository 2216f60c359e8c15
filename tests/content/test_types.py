"""Durations, sizes and modes are text with units; everything else is refused."""

from __future__ import annotations

import pytest

from harness.schema.types import parse_duration, parse_mode, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1h 30m", 5400), ("250ms", 0.25), ("1.5d", 129600)],
)  # fmt: skip
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("value", [90, 1.5, True, None, "", "90", "s", "5 min", "-5s", "0s", "1s!"])
def test_a_duration_without_a_usable_unit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 * 1024**2), ("2G", 2 * 1024**3), ("64kb", 65536), ("10b", 10)]
)
def test_a_size_is_read_in_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("value", [512, "512", "1.5g", "-1m", "1t", "", None])
def test_a_size_without_a_usable_unit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a size"):
        parse_size(value)


def test_a_mode_is_octal_text() -> None:
    assert parse_mode("0400") == 0o400
    assert parse_mode("755") == 0o755


@pytest.mark.parametrize("value", [400, 0o400, "0o400", "0888", "rw-", "07", ""])
def test_a_mode_of_another_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match='such as "0400"'):
        parse_mode(value)
