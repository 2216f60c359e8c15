"""Packets into a pcap file (link type RAW), bounded in size.

Source of the format: draft-ietf-opsawg-pcap; 101 is LINKTYPE_RAW.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path

from packets import Packet

_MAGIC, _RAW, _SNAP_BYTES = 0xA1B2C3D4, 101, 65535


class Capture:
    """A pcap file; `dropped` counts packets beyond its bound."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._file = path.open("wb")
        self._left = most_bytes
        self.dropped = 0
        self._file.write(struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, _SNAP_BYTES, _RAW))

    def take(self, packet: Packet) -> None:
        """Append one packet, or count it."""
        size = 16 + len(packet.raw)
        if size > self._left:
            self.dropped += 1
            return
        self._left -= size
        seconds, rest = divmod(time.time(), 1)
        length = len(packet.raw)
        self._file.write(struct.pack("<IIII", int(seconds), int(rest * 1e6), length, length))
        self._file.write(packet.raw)

    def flush(self) -> None:
        """Make what was taken visible."""
        self._file.flush()
