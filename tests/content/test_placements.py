"""A secret that cannot go where its task says is refused when the task is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.content.folders import load_task
from harness.content.roots import Roots
from harness.testing.content import TASK, write_task

OnlyFault = Callable[[Path], str]
PLACE = next(line for line in TASK.splitlines() if line.startswith("place"))
OTHER = '\n[secrets.key]\ntemplate = "<hex:32>"\n'


@pytest.fixture
def put(root: Path) -> Callable[..., tuple[str, Path]]:
    """Write a task whose flag goes to the given places; its file's path and the context's."""

    def do(place: str, more: str = "", template: str = "flag{<hex:32>}") -> tuple[str, Path]:
        text = TASK.replace(PLACE, f"place = {place}\n{more}").replace("flag{<hex:32>}", template)
        web = root / "environments" / "range" / "web"
        (web / "Dockerfile").write_text("ARG BASE\nFROM harness/base\nARG FLAG=none\n")
        (web / "src").mkdir(exist_ok=True)
        (web / "src/flag.c").write_bytes(b"\xff {secret:flag} \xff")
        return f"{write_task(root, text=text) / 'task.toml'}: secrets", web

    return do


@pytest.mark.parametrize(
    "place",
    [
        '{ service = "web", build_arg = "FLAG" }',
        '{ service = "web", build_arg = "FLAG", text = "<{secret}>" }',
        '{ service = "web", replace = "src/flag.c" }',
        '{ service = "web", run = "echo {secret}", owner = "web" }',
        '{ service = "box", run = "echo {secret}" }',
        '[{ service = "web", replace = "src/flag.c" }, { service = "web", env = "FLAG" }]',
    ],
)
def test_every_kind_of_place_can_be_named(
    root: Path, put: Callable[..., object], place: str
) -> None:
    put(place, 'readable = ["/srv/flag"]')
    slot = load_task(root / "tasks/demo/first", Roots((root,))).task.secrets["flag"]
    assert slot.readable == ("/srv/flag",) or list(slot.readable) == ["/srv/flag"]
    assert {place.kind for place in slot.place} <= {"build_arg", "replace", "run", "env"}


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ('{ service = "web" }', "needs exactly one of file, env, build_arg, replace, run; has none"),
        ('{ service = "web", file = "/a", run = "{secret}" }', "has ['file', 'run']"),
        ('{ service = "web", run = "echo" }', 'run must contain "{secret}"'),
        ('{ service = "web", build_arg = "FLAG", text = "x" }', 'text must contain "{secret}"'),
        ('{ service = "web", env = "A", owner = "web", mode = "0400" }', "env takes no mode and no owner"),
        ('{ service = "web", build_arg = "FLAG", mode = "0400" }', "build_arg takes no mode"),
        ('{ service = "web", replace = "src/flag.c", owner = "web" }', "replace takes no owner"),
        ('{ service = "web", run = "{secret}", text = "{secret}" }', "run takes no text"),
        ('{ service = "web", build_arg = "NOT-SHELL" }', "build_arg"),
        ('{ service = "web", replace = "../flag.c" }', "not a path inside the folder"),
    ],
)  # fmt: skip
def test_a_place_that_says_too_little_or_too_much_is_refused(
    root: Path, put: Callable[..., object], only_fault: OnlyFault, place: str, fault: str
) -> None:
    put(place)
    assert fault in only_fault(root)


@pytest.mark.parametrize("special", ["'", "$", "`", '\\"'])
def test_a_template_that_a_shell_would_change_is_refused_in_scripts(
    root: Path, put: Callable[..., object], only_fault: OnlyFault, special: str
) -> None:
    put('{ service = "web", run = "echo {secret}" }', template=f"a{special}b<hex:32>")
    assert "place.run puts it into a shell script, where" in only_fault(root)
    put('{ service = "web", env = "FLAG" }', template=f"a{special}b<hex:32>")
    load_task(root / "tasks/demo/first", Roots((root,)))


@pytest.mark.parametrize(("kind", "value"), [("build_arg", "FLAG"), ("replace", "src/flag.c")])
def test_a_ready_image_takes_no_secret(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault, kind: str, value: str
) -> None:
    where, _ = put(f'{{ service = "box", {kind} = "{value}" }}')
    assert only_fault(root) == (
        f"{where}.flag.place.{kind}: needs an image built for the sample, and box names a ready "
        'image; give services.box a "build" folder, or use a file'
    )


@pytest.mark.parametrize("argument", ["FLAGS", "BASE"])
def test_an_argument_that_no_stage_declares_is_refused(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault, argument: str
) -> None:
    where, web = put(f'{{ service = "web", build_arg = "{argument}" }}')
    assert only_fault(root) == (
        f"{where}.flag.place.build_arg: {web / 'Dockerfile'} declares no '{argument}' in any "
        f'stage; add "ARG {argument}" before the step that uses it'
    )


def test_a_missing_file_is_refused(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault
) -> None:
    where, web = put('{ service = "web", replace = "src/flog.c" }')
    assert only_fault(root) == (
        f"{where}.flag.place.replace: {web / 'src/flog.c'} does not exist; add the file"
    )


def test_a_file_without_the_placeholder_is_refused(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault
) -> None:
    where, web = put('{ service = "web", replace = "src/flag.c" }')
    (web / "src/flag.c").write_text("{secret}")
    assert only_fault(root) == (
        f"{where}.flag.place.replace: {web / 'src/flag.c'} does not contain '{{secret:flag}}'; "
        "write that where the secret goes"
    )


@pytest.mark.parametrize(
    ("more", "fault", "remedy"),
    [
        ("", "there is no secret 'key'", "its secrets are flag"),
        (OTHER, "that is not replaced there", "add a place with replace to secrets.key"),
    ],
)
def test_a_placeholder_that_nothing_replaces_is_refused(
    root: Path,
    put: Callable[..., tuple[str, Path]],
    only_fault: OnlyFault,
    more: str,
    fault: str,
    remedy: str,
) -> None:
    where, web = put('{ service = "web", replace = "src/flag.c" }', more)
    (web / "src/flag.c").write_text("{secret:flag} {secret:key}")
    assert only_fault(root) == (
        f"{where}: {web / 'src/flag.c'} contains '{{secret:key}}', and {fault}; {remedy}"
    )


def test_the_dockerfile_is_no_place(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault
) -> None:
    put('{ service = "web", replace = "Dockerfile" }')
    assert "the Dockerfile is no place for a secret; use build_arg" in only_fault(root)


@pytest.mark.parametrize("place", ['env = "A"', 'build_arg = "FLAG"', 'file = "/srv/a"'])
def test_two_secrets_in_one_place_are_refused(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault, place: str
) -> None:
    twice = f'{{ service = "web", {place} }}'
    where, _ = put(twice, f"{OTHER}place = {twice}\n")
    kind = place.partition(" ")[0]
    assert only_fault(root) == (
        f"{where}.key.place.{kind}: secrets.flag goes to the same place; choose another"
    )


def test_an_unknown_service_is_told_once(
    root: Path, put: Callable[..., tuple[str, Path]], only_fault: OnlyFault
) -> None:
    put('{ service = "wob", build_arg = "FLAG" }')
    assert "has no service 'wob'" in only_fault(root)
