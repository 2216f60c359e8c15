"""What a sample costs beyond its container.

32 samples of five commands, four at once, beside the same containers driven by bare SDK calls:
create, start, attach, five commands on the attached shell, remove. In turn, in one run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

from harness.cli.common import docker_sandboxes
from harness.content.plan import make_plan
from harness.content.roots import find_roots
from harness.models import check_model, price_known
from harness.run import load_run, start_run
from harness.runner import execute
from harness.sandbox.container import KEEPER_USER, hardening, keeper
from harness.sandbox.machines import DockerSandboxes
from harness.schema.config import RunConfig
from harness.testing.runs import Silent

HERE = Path(__file__).parent
SAMPLES, AT_ONCE, ROUNDS = 32, 4, 3
SHELL = ["bash", "--norc", "--noprofile"]


def no_model(name: str, *_rest: object) -> NoReturn:
    """These samples ask no model."""
    raise AssertionError(name)


def harness_samples(
    sandboxes: DockerSandboxes, task: str = "five-commands", samples: int = SAMPLES
) -> float:
    """Seconds for all samples through the harness."""
    roots = find_roots([HERE / "content"])
    config = RunConfig(
        selectors=[f"bench/{task}"],
        agents=[f"scripted:{HERE / 'content' / 'five-commands.toml'}"],
        epochs=samples,
        jobs=AT_ONCE,
    )
    plan = make_plan(config, roots, check_model, price_known)
    with tempfile.TemporaryDirectory() as folder:
        store = start_run(plan, roots, Path(folder), sandboxes, Silent())
        started = time.perf_counter()
        outcome = execute(load_run(store), sandboxes, no_model, Silent())
        seconds = time.perf_counter() - started
    assert outcome.statuses == {"finished": samples}, outcome.statuses
    return seconds


def bare_sample(sandboxes: DockerSandboxes, image: str, *, by_exec: bool) -> None:
    """One container by the SDK alone, hardened alike.

    Its shell is attached by exec beside a main process that the agent cannot end, as the harness
    does it, or is the main process itself: cheaper, and gone with the first `exit`.
    """
    api = sandboxes.engine.api
    made = api.create_container(
        image,
        keeper(600) if by_exec else SHELL,
        user=KEEPER_USER if by_exec else "agent",
        stdin_open=not by_exec,
        host_config=api.create_host_config(
            network_mode="none", **hardening(sandboxes.engine, find_service(), "runc")
        ),
    )
    try:
        if by_exec:
            api.start(made["Id"])
            shell = api.exec_create(made["Id"], SHELL, user="agent", stdin=True, tty=True)
            attached = api.exec_start(shell["Id"], socket=True, tty=True)
        else:
            streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            attached = api.attach_socket(made["Id"], streams)
            api.start(made["Id"])
        for number in range(5):
            attached._sock.sendall(f"echo {number}; echo end-$(({number} + 100))\n".encode())
            seen = b""
            while f"end-{number + 100}".encode() not in seen:
                seen += attached._sock.recv(4096)
        attached.close()
    finally:
        api.remove_container(made["Id"], force=True, v=True)


def find_service() -> Any:
    """The service that the benchmark's task uses."""
    from harness.content.folders import load_environment

    path = find_roots().children("environments", "environment.toml")["workstation"]
    return load_environment(path).environment.services["workstation"]


def bare_samples(sandboxes: DockerSandboxes, image: str, *, by_exec: bool) -> float:
    """Seconds for all containers by the SDK alone."""
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: bare_sample(sandboxes, image, by_exec=by_exec), range(SAMPLES)))
    return time.perf_counter() - started


def main() -> None:
    """Print the medians and the medians of the ratios, round by round."""
    sandboxes = docker_sandboxes(find_roots(), lambda _text: None)
    image = sandboxes.image_store.resolve("harness/workstation")
    rounds = [
        (
            harness_samples(sandboxes),
            bare_samples(sandboxes, image, by_exec=True),
            bare_samples(sandboxes, image, by_exec=False),
        )
        for _ in range(ROUNDS)
    ]
    names = ("harness", "bare SDK, shell attached by exec", "bare SDK, shell as main process")
    print(f"{SAMPLES} samples of 5 commands, {AT_ONCE} at once, {ROUNDS} rounds in turn")
    for index, name in enumerate(names):
        each = statistics.median(seconds[index] for seconds in rounds) / SAMPLES * 1000
        ratio = statistics.median(seconds[0] / seconds[index] for seconds in rounds)
        print(f"  {name:34} {each:6.1f} ms each, harness / this {ratio:5.2f}")
    print("  (wanted: <= 1.25 of the same containers driven by bare SDK calls)")


if __name__ == "__main__":
    main()
