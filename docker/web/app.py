"""What the service runs when a task places no application of its own at this path."""

from __future__ import annotations

from web import Site

if __name__ == "__main__":
    Site().serve()
