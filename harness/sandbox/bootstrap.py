"""The first image, on a machine that may reach no registry: pulled, or made by debootstrap.

Also what of this machine a build needs: its trust store and its apt mirror.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import certifi
from docker.errors import DockerException
from requests.exceptions import RequestException

from harness.errors import ImageBuildError
from harness.sandbox.engine import Engine, engine_errors

SUITE = "bookworm"
PULLED = f"debian:{SUITE}-slim"
BOOTSTRAPPED = f"harness/debian:{SUITE}"
_CA_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def ca_bundle() -> bytes:
    """The certificates that this machine trusts, a company's own included."""
    named = [os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)]
    for path in (*named, *_CA_FILES):
        if Path(path).is_file():
            return Path(path).read_bytes()
    return Path(certifi.where()).read_bytes()


def apt_sources() -> list[tuple[str, str]]:
    """(address, release) of the Debian archives that this machine's apt is set to use.

    Empty where there is no apt, or none of its archives serves our release.
    """
    if shutil.which("apt-get") is None:
        return []
    layout = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)"
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", layout, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[tuple[str, str], None] = {}
    for line in answer.stdout.splitlines():
        origin, address, release, component = line.split("|")
        ours = origin == "Debian" and release.startswith(SUITE) and component == "main"
        if ours and "@" not in address:
            found[address.rstrip("/"), release] = None
    return list(found)


def sources_list() -> bytes:
    """`sources.list` for our images; empty leaves the base image's own."""
    return "".join(f"deb {address} {release} main\n" for address, release in apt_sources()).encode()


def proxy_arguments() -> dict[str, str]:
    """Proxy settings: build arguments that the engine predefines and keeps out of the image."""
    names = ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
    pairs = {name: os.environ[name] for name in names if os.environ.get(name)}
    return pairs | {
        name: os.environ[name] for name in map(str.upper, names) if os.environ.get(name)
    }


def ensure_debian(engine: Engine, say: Callable[[str], None]) -> str:
    """The id of a Debian image: one that is here, else pulled, else bootstrapped.

    Raises ImageBuildError when none of these works.
    """
    for name in (PULLED, BOOTSTRAPPED):
        if found := engine.image_id(name):
            return found
    try:
        say(f"pulling {PULLED}")
        return str(engine.client.images.pull(PULLED).id)
    except (DockerException, RequestException):
        say("no registry has it; bootstrapping Debian instead")
    return bootstrap(engine, say)


def bootstrap(engine: Engine, say: Callable[[str], None]) -> str:
    """Make a Debian image from packages of the machine's own mirror; returns its id.

    Needs root and debootstrap. Raises ImageBuildError.
    """
    where = f"image {BOOTSTRAPPED}"
    if os.geteuid() != 0:
        raise ImageBuildError(
            where, "debootstrap needs root", f"run this as root once, or load {PULLED} by hand"
        )
    if shutil.which("debootstrap") is None:
        _install_debootstrap(where, say)
    mirror = next((address for address, release in apt_sources() if release == SUITE), None)
    with tempfile.TemporaryDirectory(prefix="harness-bootstrap-") as folder:
        root = Path(folder) / "root"
        say("bootstrapping Debian with debootstrap (about half a minute)")
        _debootstrap(where, root, mirror)
        for waste in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc"):
            for path in (root / waste).glob("*"):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        archive = Path(folder) / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        with engine_errors(where):
            engine.api.import_image_from_file(
                str(archive), repository=BOOTSTRAPPED.split(":", maxsplit=1)[0], tag=SUITE
            )
    found = engine.image_id(BOOTSTRAPPED)
    if found is None:
        raise ImageBuildError(where, "the engine did not take the import", "see the engine's log")
    return found


def _install_debootstrap(where: str, say: Callable[[str], None]) -> None:
    say("installing debootstrap")
    command = ["apt-get", "install", "--yes", "--no-install-recommends", "debootstrap"]
    with suppress(FileNotFoundError):
        subprocess.run(command, capture_output=True, check=False)
    if shutil.which("debootstrap") is None:
        raise ImageBuildError(
            where, "debootstrap is missing", f"install it, or load {PULLED} by hand"
        )


def _debootstrap(where: str, root: Path, mirror: str | None) -> None:
    command = ["debootstrap", "--variant=minbase", SUITE, str(root), *([mirror] if mirror else [])]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        lines = (answer.stdout + answer.stderr).splitlines()[-8:]
        raise ImageBuildError(
            where,
            f"debootstrap failed with exit code {answer.returncode}",
            "see its last lines; is the apt mirror of this machine reachable?",
            detail="\n".join(lines),
        )
