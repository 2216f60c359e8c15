"""Everything that can go wrong, and everything that ends a sample early.

Exception
├── HarnessError                  trouble, with its blame: what a person has to act on
│   ├── UsageError                the command line
│   ├── ContentError              one fault in a file of content (blame: content)
│   ├── ContentErrors             several of them, reported in one go
│   ├── StoreError                a run's folder: broken chain, full disk, missing file
│   ├── SandboxError              (blame: sandbox)
│   │   ├── EngineUnavailable     no engine answers
│   │   ├── ImageBuildError       an image could not be built
│   │   ├── SandboxStartError     a container did not start
│   │   │   └── NotReadyError     a service never became ready, or the setup failed
│   │   ├── SandboxLost           a container died, ran out of memory or was removed
│   │   └── ContainmentError      the boundary does not hold
│   ├── ModelError                the model's API (blame: model)
│   ├── AgentError                the agent's own code (blame: content)
│   ├── GraderError               the grader crashed or hung (blame: grader)
│   └── SensorError               a sensor broke (blame: sandbox)
└── StopSample                    a stop is not an error
    ├── Submitted                 the agent handed in its answer
    ├── LimitReached              steps, tokens, usd or wall
    ├── Refused                   the model declined
    └── Cancelled                 Ctrl-C, or the run's own budget
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

Blame = Literal["content", "sandbox", "model", "grader", "harness"]
LimitKind = Literal["steps", "tokens", "usd", "wall"]


class HarnessError(Exception):
    """Trouble that a person has to act on: where it happened, what it is, what to do.

    `str()` of it is one line, `where: what; remedy`. `detail` may hold more (a build's last
    lines, a traceback) and is shown below that line or kept in the log.
    """

    blame: ClassVar[Blame] = "harness"

    def __init__(self, where: str, what: str, remedy: str, *, detail: str = "") -> None:
        super().__init__(where, what, remedy)
        self.where, self.what, self.remedy, self.detail = where, what, remedy, detail

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class UsageError(HarnessError):
    """The command line asks for something that cannot be done as asked."""


class ContentError(HarnessError):
    """One fault in a file of content: `path` with its line, or a field, what is wrong, the mend."""

    blame = "content"


class ContentErrors(HarnessError):  # noqa: N818 - several of them
    """All faults found in content, so that an author mends them in one go."""

    blame = "content"

    def __init__(self, errors: Sequence[ContentError]) -> None:
        self.errors = tuple(errors)
        count = "1 fault" if len(self.errors) == 1 else f"{len(self.errors)} faults"
        super().__init__("content", f"{count} found", "mend the files named above")

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class StoreError(HarnessError):
    """A run's folder cannot be read or written as it should be."""


class SandboxError(HarnessError):
    """The sandbox failed: never the model's fault, never a score."""

    blame = "sandbox"


class EngineUnavailable(SandboxError):  # noqa: N818 - a state of the world, named as users say it
    """No Docker engine answers, or it went away."""


class ImageBuildError(SandboxError):
    """An image could not be built; `detail` holds the last lines of the build."""


class SandboxStartError(SandboxError):
    """A container did not start, or a service was never ready; `detail` holds its log's end."""


class NotReadyError(SandboxStartError):
    """A service never became ready, or the task's setup failed: most likely the content's fault."""


class SandboxLost(SandboxError):  # noqa: N818 - as above
    """A container of a running sample died, ran out of memory, or was removed by someone."""


class ContainmentError(SandboxError):
    """A probe from inside crossed the boundary, or content asks for a forbidden option."""


class ModelError(HarnessError):
    """The model's API failed for good: after its retries, or with an error no retry can mend."""

    blame = "model"


class AgentError(HarnessError):
    """The agent's own code raised something that is neither a stop nor infrastructure trouble."""

    blame = "content"


class GraderError(HarnessError):
    """The grader crashed, hung, or answered nonsense; `detail` holds its traceback."""

    blame = "grader"


class SensorError(HarnessError):
    """A sensor failed; the verdict that needs it is indeterminate."""

    blame = "sandbox"


class StopSample(Exception):  # noqa: N818 - a stop is not an error
    """The agent's work ends here, in a regular way."""


class Submitted(StopSample):
    """The agent handed in `answer`."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class LimitReached(StopSample):
    """A limit of the sample was reached; what stands then is still graded."""

    def __init__(self, kind: LimitKind) -> None:
        super().__init__(kind)
        self.kind: LimitKind = kind


class Refused(StopSample):
    """The model declined to go on; `explanation` is what it said, if anything."""

    def __init__(self, explanation: str = "") -> None:
        super().__init__(explanation)
        self.explanation = explanation


class Cancelled(StopSample):
    """The run is being stopped: by a person, or by the run's own budget (`reason` says which)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
