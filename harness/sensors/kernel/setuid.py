"""Programs of the system that are root for everybody, and refuse by themselves what is not due."""

from __future__ import annotations

import re

# Of Debian, Fedora and their kin. By place: nobody but root puts anything there.
_PROGRAMS = re.compile(
    r"/(usr/)?s?bin/(chfn|chsh|expiry|fusermount3?|gpasswd|mount|mount\.nfs|newgidmap|newgrp|newuidmap"
    r"|ntfs-3g|passwd|ping|ping6|pkexec|sg|su|sudo|sudoedit|umount|unix_chkpwd)"
    r"|/usr/lib(exec)?/(\S+/)?(dbus-daemon-launch-helper|polkit-agent-helper-1|ssh-keysign)"
)


def refuses_by_itself(exe: str) -> bool:
    """Whether a program's being root says nothing: what it begins as root does."""
    return _PROGRAMS.fullmatch(exe) is not None
