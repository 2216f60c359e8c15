"""Secrets arrive where they are placed and nowhere else; what leaks is found where it leaks."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.content.folders import TaskFolder, load_task
from harness.content.roots import Roots
from harness.errors import SandboxStartError
from harness.events import Noted, ToolCalled
from harness.leaks import Leak, LeakScan, scan_sandbox
from harness.orders import SandboxOrder, Upload
from harness.placement import order_for, run_setup
from harness.sandbox.machines import DockerSandbox, DockerSandboxes
from harness.secrets import make_secrets
from harness.store import Transcript

ENVIRONMENT = """\
schema = 1
title = "A box beside a vault"
agent_service = "box"
[services.box]
build = "box"
user = "agent"
workdir = "/home/agent"
[services.vault]
build = "vault"
[network]
mode = "none"
"""
BOX = """\
FROM harness/workstation
USER root
COPY program.c /root/program.c
RUN gcc -o /usr/local/bin/program /root/program.c && chmod 700 /root
ARG PIN=none
RUN printf %s "$PIN" > /root/pin
USER agent
"""
PROGRAM = '#include <stdio.h>\nint main(void) { puts("{secret:inside}"); return 0; }\n'
VAULT = """\
FROM harness/base
ARG KEY=placeholder
RUN printf %s "$KEY" > /srv/key
CMD ["sleep", "600"]
"""
TASK = """\
schema = 1
title = "Open the vault"
environment = "vaults"
{secrets}
[grader]
type = "checks"
tests = [{{ name = "said", equals = "x" }}]
[variants.hint]
prompt = "{prompt}"
[metadata]
domain = "cyber"
"""


def slot(name: str, place: str = "", more: str = "") -> str:
    placed = f"place = [{place}]\n" if place else ""
    return f'[secrets.{name}]\ntemplate = "{name}-<hex:24>"\n{placed}{more}\n'


FILE = slot("file", '{ service = "vault", file = "/srv/file", mode = "0400" }')
ENV = slot("env", '{ service = "vault", env = "SECRET_THING", text = "<{secret}>" }')
ARGUMENT = slot("argument", '{ service = "vault", build_arg = "KEY" }')
PIN = slot("pin", '{ service = "box", build_arg = "PIN" }')
INSIDE = slot(
    "inside", '{ service = "box", replace = "program.c" }', 'readable = ["/usr/local/bin/program"]'
)
RUN = slot(
    "run",
    '{ service = "box", run = "umask 077; echo {secret} > /tmp/run; cat; echo done >> /tmp/run" },'
    '{ service = "vault", owner = "nobody", run = "echo {secret} > /tmp/run" }',
)
GIVEN = slot("given", '{ service = "box", file = "/home/agent/given", owner = "agent" }')
WITH_SETUP = slot("setup")


@dataclass
class Range:
    """Content on disk with the secrets of one sample, and sandboxes for it."""

    root: Path
    sandboxes: DockerSandboxes
    run: str

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def task(self, secrets: str, prompt: str = "Hint: look.", more: str = "") -> TaskFolder:
        self.write("environments/vaults/environment.toml", ENVIRONMENT)
        for name, text in (("box/Dockerfile", BOX), ("box/program.c", PROGRAM)):
            if not (self.root / "environments/vaults" / name).exists():
                self.write(f"environments/vaults/{name}", text)
        if not (self.root / "environments/vaults/vault/Dockerfile").exists():
            self.write("environments/vaults/vault/Dockerfile", VAULT)
        text = TASK.format(secrets=secrets, prompt=prompt)
        self.write("tasks/demo/one/task.toml", text.replace("[grader]", f"{more}\n[grader]"))
        self.write("tasks/demo/one/instruction.md", "Open it.")
        return load_task(self.root / "tasks/demo/one", Roots((self.root,)))

    def secrets(self, task: TaskFolder, sample: str = "one") -> Mapping[str, str]:
        templates = {name: slot.template for name, slot in task.task.secrets.items()}
        return make_secrets(b"seed", sample, templates)

    def order(self, task: TaskFolder, secrets: Mapping[str, str]) -> SandboxOrder:
        images = self.sandboxes.images(task.environment.environment, task.environment.path)
        return order_for(task, secrets, images, run=self.run, sample="one", wall_seconds=300)

    @contextlib.contextmanager
    def open(self, task: TaskFolder, secrets: Mapping[str, str]) -> Iterator[DockerSandbox]:
        with self.sandboxes.open(self.order(task, secrets)) as sandbox:
            assert isinstance(sandbox, DockerSandbox)
            run_setup(task, secrets, sandbox)
            yield sandbox


@pytest.fixture
def place(tmp_path: Path, docker_sandboxes: DockerSandboxes, run_label: str) -> Iterator[Range]:
    """Content in an empty folder; images that were made of it are removed."""
    made = Range(tmp_path, docker_sandboxes, run_label)
    api = docker_sandboxes.engine.api
    before = {row["Id"] for row in api.images(name="harness/env-vaults-*")}
    yield made
    for name in ("box", "vault"):
        for row in api.images(name=f"harness/env-vaults-{name}"):
            if row["Id"] not in before:
                api.remove_image(row["RepoTags"][0], force=True)


def found(scan: LeakScan) -> dict[str, set[str]]:
    places: dict[str, set[str]] = {}
    for leak in scan.leaks:
        places.setdefault(leak.secret, set()).add(leak.where)
    return places


def test_every_placement_arrives_and_none_leaks(place: Range, tmp_path: Path) -> None:
    setup = '[setup]\nscript = "setup.sh"\nuser = "root"\n'
    place.write("tasks/demo/one/setup.sh", 'umask 077; echo "$SECRET_SETUP" > /tmp/setup\n')
    task = place.task(FILE + ENV + ARGUMENT + PIN + INSIDE + RUN + GIVEN + WITH_SETUP, more=setup)
    secrets = place.secrets(task)
    with place.open(task, secrets) as sandbox:

        def output(*argv: str, service: str = "box", user: str = "root") -> str:
            result = sandbox.exec(argv, service=service, user=user)
            assert result.exit_code == 0, result.stderr
            return result.stdout.decode()

        assert sandbox.read("/srv/file", service="vault").decode() == secrets["file"] + "\n"
        assert f"SECRET_THING=<{secrets['env']}>\n" in output("env", service="vault")
        assert output("cat", "/srv/key", service="vault") == secrets["argument"]
        assert output("cat", "/root/pin") == secrets["pin"]
        assert output("program", user="agent") == secrets["inside"] + "\n"
        assert output("cat", "/tmp/run") == secrets["run"] + "\ndone\n"
        assert output("stat", "-c", "%U", "/tmp/run", service="vault") == "nobody\n"
        assert output("cat", "/home/agent/given", user="agent") == secrets["given"] + "\n"
        assert output("cat", "/tmp/setup") == secrets["setup"] + "\n"
        log = Transcript(tmp_path / "events.jsonl")
        log.append(Noted(source="instruction", text=task.instruction("default")))
        log.append(
            ToolCalled(step=1, id="1", tool="bash", input={"command": f"echo {secrets['file']}"})
        )
        log.close()
        assert scan_sandbox(task, secrets, sandbox, events=log.path) == LeakScan([], [])


def test_two_samples_have_images_and_secrets_of_their_own(place: Range) -> None:
    task = place.task(ARGUMENT + INSIDE)
    first, second = place.secrets(task, "one"), place.secrets(task, "two")
    assert first != second
    with place.open(task, first) as one, place.open(task, second) as two:
        for sandbox, secrets in ((one, first), (two, second)):
            said = sandbox.exec(["program"]).stdout.decode()
            assert said == secrets["inside"] + "\n"
            assert sandbox.read("/srv/key", service="vault").decode() == secrets["argument"]
        images = {*one.images.values(), *two.images.values()}
        assert len(images) == 4
    engine = place.sandboxes.engine
    assert [engine.image_id(image) for image in images] == [None] * 4
    label = {"label": f"harness.run={place.run}"}
    assert engine.api.images(filters=label, all=True) == []
    assert engine.api.containers(filters=label, all=True) == []


def test_what_the_engine_tells_and_agents_see_is_searched(place: Range, tmp_path: Path) -> None:
    names = ("label", "layer", "variable", "argument", "prompt", "log")
    slots = "".join(map(slot, names))
    value = place.secrets(place.task(slots))
    encoded = base64.b64encode(f"a{value['label']}".encode()).decode()
    place.write(
        "environments/vaults/vault/Dockerfile",
        f"FROM harness/base\nLABEL note={encoded}\n"
        f"RUN echo {value['layer'].encode().hex().upper()} > /x\nCMD sleep 600\n",
    )
    task = place.task(slots, prompt=f"Hint: {value['prompt']}.")
    order = place.order(task, value)
    order = SandboxOrder(**{**vars(order), "env": {"box": {"NOTE": value["variable"]}}})
    log = Transcript(tmp_path / "events.jsonl")
    log.append(Noted(source="setup", text=value["log"]))
    log.close()
    with place.sandboxes.open(order) as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        left = f"setsid sh -c 'sleep 600; :' {value['argument']} >/dev/null 2>&1 &"
        assert sandbox.exec(["sh", "-c", left], user="root").exit_code == 0
        scan = scan_sandbox(task, value, sandbox, events=log.path)
    assert found(scan) == {
        "label": {"image of vault", "image history of vault", "labels of vault"},
        "layer": {"image history of vault"},
        "variable": {"container of box", "/proc"},
        "argument": {"process list", "/proc"},
        "prompt": {"prompt of variant hint"},
        "log": {"event log"},
    }
    assert Leak("label", "base64, offset 1", "labels of vault") in scan.leaks
    assert Leak("layer", "hex, upper case", "image history of vault") in scan.leaks


def test_files_that_the_agent_can_read_are_searched(place: Range) -> None:
    names = ("world", "coded", "name", "link", "shared", "loose", "own")
    slots = "".join(map(slot, names))
    slots += slot("lent", '{ service = "box", file = "/srv/lent", mode = "0400" }')
    slots += slot("given", '{ service = "box", file = "/srv/given", mode = "0444" }')
    slots += slot("known", more='readable = ["/srv/known"]') + slot("root")
    task = place.task(slots)
    value = place.secrets(task)
    with place.open(task, value) as sandbox:
        script = f"""
        echo 'the key is {value["world"]}' > /etc/world
        echo {base64.b64encode(f"a {value['coded']}".encode()).decode()} > /srv/coded
        touch /tmp/{value["name"]}; ln -s {value["link"]} /tmp/link
        printf '\\0\\377{value["shared"]}\\0' > /dev/shm/shared
        mkdir -m 700 /srv/closed; echo {value["root"]} > /srv/closed/file
        echo {value["known"]} > /srv/known
        echo {value["loose"]} > '/srv/a name: with
a line'
        chmod 0444 /srv/lent
        """
        result = sandbox.exec(["sh", "-s"], user="root", stdin=script.encode())
        assert (result.exit_code, result.stderr) == (0, b"")
        sandbox.write("/home/agent/.own", value["own"].encode(), owner="agent", mode=0o600)
        scan = scan_sandbox(task, value, sandbox)
    assert found(scan) == {
        "world": {"file /etc/world"},
        "coded": {"file /srv/coded"},
        "name": {"names of files"},
        "link": {"names of files"},
        "shared": {"file /dev/shm/shared"},
        "loose": {"file a line"},
        "lent": {"file /srv/lent"},
        "own": {"file /home/agent/.own"},
    }
    assert scan.gaps == []


def test_what_could_not_be_looked_at_is_told(place: Range) -> None:
    pin = '[secrets.pin]\ntemplate = "<int:1000-9999>"\n'
    place.write(
        "environments/vaults/box/Dockerfile",
        "FROM harness/workstation\nUSER root\nRUN rm /bin/grep\nUSER agent\n",
    )
    task = place.task(slot("key") + pin)
    value = place.secrets(task)
    with place.open(task, value) as sandbox:
        scan = scan_sandbox(task, value, sandbox)
        slow = scan_sandbox(task, value, sandbox, seconds=0.001)
    assert scan.leaks == []
    assert "the secret pin has fewer than 8 characters" in scan.gaps[0]
    assert "see that the agent's image has GNU grep" in scan.gaps[1]
    assert len(scan.gaps) == 2
    assert "took over 0 s" in slow.gaps[1]


@pytest.mark.parametrize("script", ["run", "setup"])
def test_a_failing_script_tells_no_secret(place: Range, script: str) -> None:
    text = "seq 30; echo {value}; echo {value} | base64 >&2; exit 3"
    place.write("tasks/demo/one/setup.sh", text.replace("{value}", "$SECRET_KEY"))
    run = f'{{ service = "vault", run = "{text.replace("{value}", "{secret}")}" }}'
    task = place.task(
        slot("key", run if script == "run" else ""), more="[setup]\n" * (script == "setup")
    )
    value = place.secrets(task)
    with (
        pytest.raises(SandboxStartError, match="ended with exit code 3") as caught,
        place.open(task, value),
    ):
        pass
    assert caught.value.what.startswith("secrets.key.place.run" if script == "run" else "setup.sh")
    assert caught.value.detail.splitlines()[-2] == "[secret key]"
    assert caught.value.detail.splitlines()[-1].startswith("[secret key]")
    assert caught.value.detail.splitlines()[0] != "1"


def test_a_file_of_another_service_is_not_the_agents(place: Range) -> None:
    task = place.task(slot("key"))
    value = place.secrets(task)
    order = place.order(task, value)
    upload = Upload("/etc/note", value["key"].encode())
    order = SandboxOrder(**{**vars(order), "uploads": {"vault": [upload]}})
    with place.sandboxes.open(order) as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        assert scan_sandbox(task, value, sandbox) == LeakScan([], [])
