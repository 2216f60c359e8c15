"""Who is told how a run goes."""

from __future__ import annotations

from typing import Protocol

from harness.results import SampleKey, SampleResult


class Progress(Protocol):
    """Who is told how a run goes; called from many threads."""

    def preparing(self, text: str) -> None:
        """A line about work before the first sample."""

    def planned(self, total: int, done: int, jobs: int) -> None:
        """There are `total` samples, `done` of them scored before."""

    def started(self, key: SampleKey) -> None:
        """A sample starts."""

    def stepped(self, key: SampleKey, step: int) -> None:
        """A sample's agent takes its next step."""

    def spent(self, usd: float | None, tokens: int) -> None:
        """A model call cost this much."""

    def ended(self, result: SampleResult) -> None:
        """A sample ended."""

    def stopping(self, reason: str) -> None:
        """The run is being stopped."""
