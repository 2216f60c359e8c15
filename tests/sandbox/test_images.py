"""Images are named by their content, built once, and refused when they cannot be built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ContentError, ImageBuildError, UsageError
from harness.sandbox.context import load_context
from harness.sandbox.images import Images

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def name(docker_images: Images, run_label: str, tmp_path: Path) -> Iterator[str]:
    """A name for images of one test; what carries it is removed."""
    name = f"harness/{run_label}-{tmp_path.name[-20:].lower().replace('_', '-')}"
    yield name
    api = docker_images.engine.api
    for row in api.images(name=name):
        for tag in row["RepoTags"]:
            api.remove_image(tag, force=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small build context."""
    (tmp_path / "Dockerfile").write_text("FROM harness/base\nCOPY data /srv/data\n")
    (tmp_path / "data").write_text("one")
    return tmp_path


@pytest.fixture
def build(docker_images: Images, name: str) -> Callable[[Path], tuple[str, list[str]]]:
    """Build a folder as a fresh harness process would; the id, and what was said meanwhile."""

    def do(folder: Path) -> tuple[str, list[str]]:
        said: list[str] = []
        images = Images(docker_images.engine, docker_images.own, said.append)
        return images.build(folder, name), said

    return do


def test_what_is_unchanged_is_not_built_again(build: Any, folder: Path) -> None:
    first, said = build(folder)
    assert len(said) == 1
    assert "building" in said[0]
    assert build(folder) == (first, [])


def test_a_changed_file_or_mode_makes_another_image(build: Any, folder: Path) -> None:
    first, _ = build(folder)
    (folder / "data").write_text("two")
    second, said = build(folder)
    assert said
    (folder / "data").chmod(0o755)
    third, said = build(folder)
    assert said
    assert len({first, second, third}) == 3
    (folder / "data").write_text("one")
    (folder / "data").chmod(0o644)
    assert build(folder) == (first, [])


def test_what_would_have_to_be_built_is_known_without_building(
    build: Any, docker_images: Images, folder: Path, name: str
) -> None:
    assert docker_images.existing(folder, name) is None
    image, _ = build(folder)
    assert docker_images.existing(folder, name) == image


@pytest.mark.alone
def test_pruning_takes_what_is_not_kept(
    build: Any, docker_images: Images, folder: Path, name: str
) -> None:
    image, _ = build(folder)
    others = {row["id"] for row in docker_images.listing()} - {image}
    assert [row["id"] for row in docker_images.prune(others, dry_run=True)] == [image]
    assert docker_images.engine.image_id(image) == image
    assert [row["id"] for row in docker_images.prune(others)] == [image]
    assert docker_images.engine.image_id(image) is None


def test_nothing_is_pruned_while_another_harness_may_need_it(
    build: Any, docker_images: Images, folder: Path
) -> None:
    image, _ = build(folder)
    others = {row["id"] for row in docker_images.listing()} - {image}
    program = "import harness.sandbox.locks as l; l.hold_images(); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        with pytest.raises(UsageError, match="is using them; prune when it has ended"):
            docker_images.prune(others)
        run.communicate(b"\n")
    assert docker_images.engine.image_id(image) == image


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [
        ("FROM harness/base\nRUN true\nRUN --mount=type=cache,target=/x true\n", 3),
        ("FROM harness/base\nCOPY <<EOF /x\nhello\nEOF\n", 2),
        ("FROM harness/base\nRUN <<'END'\ntrue\nEND\n", 2),
        ("# syntax=docker/dockerfile:1\nFROM harness/base\n", 1),
        ("FROM harness/base\nCOPY --link data /x\n", 2),
    ],
)
def test_buildkits_syntax_is_refused_with_its_line(
    tmp_path: Path, dockerfile: str, line: int
) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile)
    with pytest.raises(ContentError, match="BuildKit") as caught:
        load_context(tmp_path)
    assert caught.value.where == f"{tmp_path / 'Dockerfile'}:{line}"


@pytest.mark.parametrize("dockerfile", [None, "RUN true\n"])
def test_a_folder_without_a_usable_dockerfile_is_refused(
    tmp_path: Path, dockerfile: str | None
) -> None:
    if dockerfile:
        (tmp_path / "Dockerfile").write_text(dockerfile)
    with pytest.raises(ContentError, match="Dockerfile"):
        load_context(tmp_path)


def test_a_symlink_in_a_context_is_refused(folder: Path) -> None:
    (folder / "secrets").symlink_to("/etc/passwd")
    with pytest.raises(ContentError, match="symlink") as caught:
        load_context(folder)
    assert caught.value.where == str(folder / "secrets")


def test_stages_of_a_dockerfile_are_not_taken_for_images(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM harness/base AS tools\nRUN true\nFROM debian:bookworm-slim\nFROM tools\n"
    )
    context = load_context(tmp_path)
    assert context.bases == ["harness/base", "debian:bookworm-slim"]
    pinned = context.with_bases({"harness/base": "sha256:1"}).dockerfile
    assert pinned.startswith("FROM sha256:1 AS tools\n")
    assert pinned.splitlines()[-1] == "FROM tools"


def test_a_failing_build_shows_its_step_and_its_last_lines(build: Any, folder: Path) -> None:
    (folder / "Dockerfile").write_text(
        "FROM harness/base\nRUN true\nRUN seq 40; echo it broke here; exit 3\n"
    )
    with pytest.raises(ImageBuildError, match=r"Step 3/\d : RUN seq 40") as caught:
        build(folder)
    assert "\n40\nit broke here" in caught.value.detail
    assert "\n20\n" not in caught.value.detail


def test_images_that_stand_on_each_other_are_refused(docker_images: Images, tmp_path: Path) -> None:
    own = {}
    for name, base in (("a", "b"), ("b", "a")):
        own[f"harness/{name}"] = tmp_path / name
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM harness/{base}\n")
    images = Images(docker_images.engine, own, lambda _: None)
    with pytest.raises(ContentError, match="harness/a -> harness/b -> harness/a"):
        images.resolve("harness/a")


def test_an_unknown_image_of_ours_is_told_with_those_that_are(docker_images: Images) -> None:
    with pytest.raises(ImageBuildError, match="no-such") as caught:
        docker_images.resolve("harness/no-such")
    assert "harness/workstation" in caught.value.remedy


def test_two_processes_build_the_same_image_once(
    docker_images: Images, folder: Path, name: str, tmp_path: Path
) -> None:
    docker_images.resolve("harness/base")
    (folder / "Dockerfile").write_text("FROM harness/base\nRUN sleep 1\nCOPY data /srv/data\n")
    program = (
        "import sys; from pathlib import Path\n"
        "from harness.sandbox.engine import connect; from harness.sandbox.images import Images\n"
        f"own = {{'harness/base': Path({str(CHECKOUT / 'docker' / 'base')!r})}}\n"
        f"print(Images(connect(), own, print).build(Path({str(folder)!r}), {name!r}))\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len({lines[-1] for lines in said}) == 1
    assert sum("building" in line for lines in said for line in lines) == 1


def test_proxies_and_certificates_of_this_machine_stay_out_of_the_image(
    build: Any, docker_images: Images, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_images.resolve("harness/base")
    (folder / "Dockerfile").write_text('FROM harness/base\nRUN test -n "$https_proxy"\n')
    for variable in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://user:password@proxy.invalid:3128")
    image, _ = build(folder)
    api = docker_images.engine.api
    inspected, history = str(api.inspect_image(image)), str(api.history(image))
    for trace in ("proxy", "CERT", "CA_BUNDLE"):
        assert trace not in inspected
    assert "proxy.invalid" not in history


def test_the_snapshot_that_commands_look_at_is_removed(
    docker_sandboxes: Any, order: Any, run_label: str, tmp_path: Path
) -> None:
    station = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}
    from harness.schema.task import Collect

    spec = Collect.model_validate({"commands": [{"name": "look", "run": "hostname"}]})
    api = docker_sandboxes.engine.api
    with docker_sandboxes.open(order({"workstation": station})) as sandbox:
        sandbox.freeze()
        sandbox.collect(spec, {}, tmp_path)
        label = {"label": f"harness.run={run_label}"}
        assert api.images(filters=label) == []
        assert len(api.containers(all=True, filters=label)) == 1
    assert '"snapshot\\n"' in (tmp_path / "probes.json").read_text()
