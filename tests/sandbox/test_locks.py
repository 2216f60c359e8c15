"""Locks between harness processes, and what stands in their way."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.sandbox.locks import locked, no_images_held


def test_a_cache_folder_that_cannot_be_made_is_told_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="set XDG_CACHE_HOME"), locked("build"):
        pass


def test_what_is_removed_under_the_lock_may_fail_in_its_own_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(BlockingIOError), no_images_held():
        raise BlockingIOError
    with no_images_held():
        pass
