"""What every sandbox must do, whatever it is made of: plain functions that raise AssertionError.

A provider's tests open a sandbox on ENVIRONMENT and give it to each check:

    @pytest.mark.parametrize("check", CHECKS)
    def test_conforms(check, sandbox, tmp_path):
        if missing := lacking(check, frozenset({"users"})):
            pytest.skip(f"it lacks {missing}")
        check(sandbox, tmp_path)

CHECKS leave a sandbox usable and may share one; each of FINAL_CHECKS needs a fresh one. Commands
name files relative to the agent's home, so that a sandbox need not have a root of its own.
"""

from __future__ import annotations

from harness.testing import sandbox_checks_end, sandbox_checks_exec, sandbox_checks_shell
from harness.testing.sandbox_needs import (
    ENVIRONMENT,
    HELPER_SAYS,
    HOME,
    Capability,
    Check,
    lacking,
    named_checks,
)

__all__ = [
    "CHECKS",
    "ENVIRONMENT",
    "FINAL_CHECKS",
    "HELPER_SAYS",
    "HOME",
    "Capability",
    "Check",
    "lacking",
]

CHECKS: tuple[Check, ...] = (
    *named_checks(vars(sandbox_checks_exec)),
    *named_checks(vars(sandbox_checks_shell)),
)
FINAL_CHECKS: tuple[Check, ...] = named_checks(vars(sandbox_checks_end))
