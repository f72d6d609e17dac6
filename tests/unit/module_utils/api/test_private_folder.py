# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a private folder is made, and for whom. What is wrong in it is in test_token_cache.py."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.private_folder import (
    PrivateFolder,
    UnusableError,
)

NAME = "private"
VARIABLES = ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "HOME")
Places = Callable[..., None]


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    """Sets these variables, and removes the others."""

    def use(**given: Path | str) -> None:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, str(value))

    return use


def made(*folders: Path) -> list[bool]:
    with PrivateFolder(NAME):
        return [(folder / NAME).is_dir() for folder in folders]


def test_in_the_runtime_folder(places: Places, tmp_path: Path) -> None:
    runtime, cache = tmp_path / "run", tmp_path / "cache"
    runtime.mkdir()
    places(XDG_RUNTIME_DIR=f"{runtime}/", XDG_CACHE_HOME=cache, HOME=tmp_path)
    assert made(runtime, cache) == [True, False]
    assert not cache.exists()


@pytest.mark.parametrize("runtime", ["", "nothing", "link", "link/", "file", "../relative"])
def test_not_in_what_is_no_folder_of_its_own(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").touch()
    given = f"{tmp_path}/{runtime}" if runtime and ".." not in runtime else runtime
    places(XDG_RUNTIME_DIR=given, XDG_CACHE_HOME=tmp_path / "cache", HOME=tmp_path)
    assert made(tmp_path / "cache", tmp_path / "real") == [True, False]


@pytest.mark.parametrize("cache", ["", "relative", None])
def test_in_the_home(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    places(HOME=tmp_path, **({} if cache is None else {"XDG_CACHE_HOME": cache}))
    assert made(tmp_path / ".cache") == [True]
    assert stat.S_IMODE((tmp_path / ".cache").stat().st_mode) == 0o700
    assert not (tmp_path / "relative").exists()


@pytest.mark.parametrize("home", ["", "relative", None])
def test_nowhere(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    places(**({} if home is None else {"HOME": home}))
    with pytest.raises(UnusableError, match="neither XDG_RUNTIME_DIR nor HOME names a folder"):
        PrivateFolder(NAME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("has_cache", [False, True])
def test_not_in_the_home_of_another_user(places: Places, tmp_path: Path, has_cache: bool) -> None:
    """As with sudo that keeps HOME: that user couldn't use it any more. A home of root's is fine, in containers."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, -1)
    if has_cache:
        (tmp_path / ".cache").mkdir()
        os.chown(tmp_path / ".cache", tmp_path.stat().st_uid, -1)
    places(XDG_RUNTIME_DIR=tmp_path, HOME=tmp_path)
    me = 54321
    with pytest.raises(UnusableError, match=f"^{tmp_path}(/.cache)? belongs to another user$"):
        PrivateFolder(NAME, user=me)
    assert [path.name for path in tmp_path.rglob("*")] == [".cache"] * has_cache


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_in_a_home_of_roots(places: Places, tmp_path: Path) -> None:
    me, folder = 54321, tmp_path / ".cache" / NAME
    folder.mkdir(0o700, parents=True)
    os.chown(folder, me, -1)
    places(HOME=tmp_path)
    with PrivateFolder(NAME, user=me):
        pass


@pytest.mark.parametrize("home", ["nothing", "file"])
def test_a_home_that_is_none(places: Places, tmp_path: Path, home: str) -> None:
    """It isn't made."""
    (tmp_path / "file").touch()
    places(HOME=tmp_path / home)
    with pytest.raises(UnusableError, match=f"^{tmp_path}/{home}/.cache can't be used"):
        PrivateFolder(NAME)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_cache_that_is_elsewhere(places: Places, tmp_path: Path) -> None:
    """A user may have put it on another disk; only what is private must be no link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".cache").symlink_to(tmp_path / "elsewhere")
    places(HOME=tmp_path)
    assert made(tmp_path / "elsewhere") == [True]


def test_a_path_that_is_no_text(places: Places, tmp_path: Path) -> None:
    """What is said of it can be shown."""
    places(HOME=os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    with pytest.raises(UnusableError, match="\ufffd/.cache can't be used") as caught:
        PrivateFolder(NAME)
    assert str(caught.value).encode()
