"""The files of a release."""

from __future__ import annotations

import json

from plan import PORT, Plan

NOTES = """\
{service} {version}

Needs a setting `{setting}` in /srv/app/config.json: a text, the host's name followed by `-live`
(`alder-live` on alder). Hosts that have it have the right one.
The lock is {lock} now, in /srv/app. Should a run that crashed have left it behind, remove it; that its
process does not run any more has to be certain first. It takes a while to be healthy.
"""


def release_files(plan: Plan, version: str, server: str) -> dict[str, str]:
    """Text by name. The old release holds another lock, needs no setting and is healthy at once."""
    new = version == plan.new
    about = {
        "version": version,
        "key": plan.key(version),
        "port": PORT,
        "warm_seconds": plan.warm_seconds if new else 0,
        "lock": plan.lock if new else "old-" + plan.lock,
        "settings": [plan.setting] if new else [],
    }
    notes = NOTES.format(
        service=plan.service, version=version, setting=plan.setting, lock=plan.lock
    )
    files = {"server.py": server, "release.json": json.dumps(about, indent=1) + "\n"}
    return {**files, "NOTES": notes} if new else files
