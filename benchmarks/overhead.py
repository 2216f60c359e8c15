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
from harness.sandbox.container import hardening
from harness.sandbox.machines import DockerSandboxes
from harness.schema.config import RunConfig
from harness.testing.runs import Silent

HERE = Path(__file__).parent
SAMPLES, AT_ONCE, ROUNDS = 32, 4, 3


def no_model(name: str, *_rest: object) -> NoReturn:
    """These samples ask no model."""
    raise AssertionError(name)


def harness_samples(sandboxes: DockerSandboxes) -> float:
    """Seconds for all samples through the harness."""
    roots = find_roots([HERE / "content"])
    config = RunConfig(
        selectors=["bench/five-commands"],
        agents=[f"scripted:{HERE / 'content' / 'five-commands.toml'}"],
        epochs=SAMPLES,
        jobs=AT_ONCE,
    )
    plan = make_plan(config, roots, check_model, price_known)
    with tempfile.TemporaryDirectory() as folder:
        store = start_run(plan, roots, Path(folder), sandboxes, Silent())
        started = time.perf_counter()
        outcome = execute(load_run(store), sandboxes, no_model, Silent())
        seconds = time.perf_counter() - started
    assert outcome.statuses == {"finished": SAMPLES}, outcome.statuses
    return seconds


def bare_sample(sandboxes: DockerSandboxes, image: str) -> None:
    """One container by the SDK alone, hardened alike."""
    api = sandboxes.engine.api
    service = find_service()
    made = api.create_container(
        image,
        ["bash", "--norc", "--noprofile"],
        user="agent",
        stdin_open=True,
        host_config=api.create_host_config(
            network_mode="none", **hardening(sandboxes.engine, service)
        ),
    )
    try:
        attached = api.attach_socket(
            made["Id"], {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        raw = attached._sock
        api.start(made["Id"])
        for number in range(5):
            raw.sendall(f"echo {number}; echo end-{number}-end\n".encode())
            seen = b""
            while f"end-{number}-end".encode() not in seen:
                seen += raw.recv(4096)
        raw.close()
    finally:
        api.remove_container(made["Id"], force=True, v=True)


def find_service() -> Any:
    """The service that the benchmark's task uses."""
    from harness.content.folders import load_environment

    path = find_roots().children("environments", "environment.toml")["workstation"]
    return load_environment(path).environment.services["workstation"]


def bare_samples(sandboxes: DockerSandboxes, image: str) -> float:
    """Seconds for all containers by the SDK alone."""
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: bare_sample(sandboxes, image), range(SAMPLES)))
    return time.perf_counter() - started


def main() -> None:
    """Print both medians and their ratio."""
    sandboxes = docker_sandboxes(find_roots(), lambda _text: None)
    image = sandboxes.image_store.resolve("harness/workstation")
    pairs = [(harness_samples(sandboxes), bare_samples(sandboxes, image)) for _ in range(ROUNDS)]
    ours = statistics.median(pair[0] for pair in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{SAMPLES} samples of 5 commands, {AT_ONCE} at once, {ROUNDS} rounds in turn")
    print(f"  harness  {ours / SAMPLES * 1000:7.1f} ms a sample")
    print(f"  bare SDK {bare / SAMPLES * 1000:7.1f} ms a container")
    print(f"  ratio    {ratio:7.2f}   (wanted: <= 1.25)")


if __name__ == "__main__":
    main()
