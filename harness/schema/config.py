"""What one `harness run` is asked to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from harness.messages import Settings
from harness.schema.model import PinnedModel
from harness.schema.types import Closed


class LimitOverrides(Closed):
    """Limits given on the command line; they replace the tasks' own. None leaves those."""

    steps: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    usd: float | None = Field(default=None, gt=0)
    wall: float | None = Field(default=None, gt=0)
    command: float | None = Field(default=None, gt=0)


class RunBudget(Closed):
    """What the whole run may use: dollars, tokens, seconds. None means no limit."""

    usd: float | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, ge=1)
    wall: float | None = Field(default=None, gt=0)


class RunConfig(Closed):
    """The command line of a run, as its plan keeps it.

    `models` are names; `pinned` holds what the model files among them say, by name. `settings` and
    `base_url` are for the others. `generation_cache` is a folder, or None for no cache.
    `capture_bytes` bounds the packet capture of each sealed sample; 0 makes none.
    """

    selectors: Sequence[str] = Field(min_length=1)
    variants: Sequence[str] = ("default",)
    models: Sequence[str] = ()
    agents: Sequence[str] = ("react",)
    epochs: int = Field(default=1, ge=1, le=10_000)
    jobs: int = Field(default=2, ge=1, le=512)
    name: str = "run"
    limits: LimitOverrides = LimitOverrides()
    budget: RunBudget = RunBudget()
    settings: Settings = Settings()
    base_url: str | None = None
    pinned: Mapping[str, PinnedModel] = Field(default_factory=dict)
    generation_cache: str | None = None
    capture_bytes: int = Field(default=0, ge=0)
    runtime: str | None = None

    def settings_of(self, model: str) -> Settings:
        """How that model is asked: its file's settings, else those of the run."""
        pinned = self.pinned.get(model)
        return self.settings if pinned is None else pinned.settings
