"""The Docker engine: finding it, naming its troubles, and knowing what it can do."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from harness.errors import EngineUnavailable, SandboxError, SandboxLost

START_ENGINE = "start Docker (`make setup` does it on Debian as root), or set DOCKER_HOST"
_CALL_SECONDS = 120
BUILD_SECONDS = 1800
# The SDK keeps a pool for every address of its API, so each may be small.
_POOL = 4


@contextmanager
def engine_errors(where: str) -> Iterator[None]:
    """Turn the SDK's exceptions into ours, with `where` as their place."""
    try:
        yield
    except NotFound as error:
        raise SandboxLost(
            where, f"it is gone ({error.explanation})", "see who else removes containers here"
        ) from error
    except APIError as error:
        if error.status_code == requests.codes.conflict and "not running" in str(error.explanation):
            raise SandboxLost(
                where, f"its container stopped ({error.explanation})", "see its log in the run"
            ) from error
        raise SandboxError(
            where, f"the engine refused: {error.explanation or error}", "see the engine's log"
        ) from error
    except (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,  # where the SDK reads a stream by itself
        DockerException,
        OSError,
    ) as error:
        raise EngineUnavailable(
            where, f"the engine does not answer ({_short(error)})", START_ENGINE
        ) from error


def _short(error: BaseException) -> str:
    text = str(error)
    for marker in ("FileNotFoundError", "ConnectionRefusedError", "PermissionError"):
        if marker in text:
            return marker
    return text.splitlines()[0][:200] if text else type(error).__name__


@dataclass(frozen=True)
class Engine:
    """A connection to one engine, shared by all threads."""

    client: docker.DockerClient

    @property
    def api(self) -> docker.APIClient:
        """The low-level client."""
        return self.client.api

    @property
    def local(self) -> bool:
        """Whether it is reached by a socket of this machine, so that its files may be here."""
        return str(self.api.base_url).startswith("http+docker://")

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the engine says of itself."""
        with engine_errors("engine"):
            return dict(self.client.info())

    @cached_property
    def _version(self) -> dict[str, Any]:
        with engine_errors("engine"):
            return dict(self.client.version())

    @property
    def posture(self) -> dict[str, Any]:
        """What a run should record of the engine: versions, drivers, what it can confine."""
        return {
            "engine": self._version.get("Version"),
            "api": self._version.get("ApiVersion"),
            "kernel": self.info.get("KernelVersion"),
            "system": self.info.get("OperatingSystem"),
            "arch": self.info.get("Architecture"),
            "storage_driver": self.info.get("Driver"),
            "cgroup": self.info.get("CgroupVersion", "1"),
            "runtime": self.info.get("DefaultRuntime"),
            "runtimes": sorted(self.info.get("Runtimes") or {}),
            "security": self.info.get("SecurityOptions") or [],
            "user_namespaces": self.user_namespaces,
            "storage_quota": self.storage_quota,
        }

    @property
    def user_namespaces(self) -> bool:
        """Whether a container's root is another user of the host."""
        return any("userns" in option for option in self.info.get("SecurityOptions") or [])

    @property
    def storage_quota(self) -> bool:
        """Whether a container's disk can be limited (overlay2 on xfs with project quota)."""
        status = {str(key): str(value) for key, value in self.info.get("DriverStatus") or []}
        return (
            self.info.get("Driver") == "overlay2"
            and (
                status.get("Backing Filesystem") == "xfs"
                and status.get("Supports d_type") == "true"
            )
            and "pquota" in status.get("Mount Options", "")
        )

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, or None when the engine does not have it."""
        with engine_errors(f"image {reference}"):
            try:
                return str(self.client.images.get(reference).id)
            except ImageNotFound:
                return None


def connect(*, build: bool = False) -> Engine:
    """Connect to the engine of the environment (DOCKER_HOST, or the usual socket).

    With `build`, calls may be silent for long. Raises EngineUnavailable.
    """
    with engine_errors(f"engine at {os.environ.get('DOCKER_HOST', 'the default socket')}"):
        client = docker.from_env(
            timeout=BUILD_SECONDS if build else _CALL_SECONDS, max_pool_size=_POOL
        )
        client.api.trust_env = False  # proxies are for the world outside
        # With many samples at once a pool overflows now and then; that costs a connection.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        client.ping()
        return Engine(client)


def machine() -> str:
    """The name of the machine that the harness runs on."""
    return platform.node()
