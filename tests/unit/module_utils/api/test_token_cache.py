# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One token for all tasks of a user: asked for once, never trusted blindly, and never a reason to fail."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.notices import Notices
from ansible_collections.cegedim.cloud.plugins.module_utils.api.token_cache import (
    FOLDER,
    LARGEST,
    LONGEST_WAIT,
    TokenCache,
)
from support.client import SimulatedTime, client_of, everything_said
from support.inventory import COLLECTIONS
from support.misbehaving import misbehaving
from support.simulator import Simulator

INSTANCES = "/compute/instances"
PROCESSES = 50
NOT_SHARED = "The access token isn't shared with other tasks: "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the cache will be. What a test makes there is there before it."""
    runtime = tmp_path / "run"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return runtime / FOLDER


def sharing(simulator: Simulator, **options: Any) -> Client:
    return client_of(simulator, token_cache=True, **options)


def grants(simulator: Simulator) -> list[str | None]:
    return [e.get("grant_type") for e in simulator.requests() if e["path"].endswith("/token")]


def statuses(simulator: Simulator) -> list[int]:
    return [entry["status"] for entry in simulator.requests()]


def file_in(folder: Path, suffix: str = "") -> Path:
    """The only file of a token, its lock (`.lock`)."""
    (found,) = (p for p in folder.iterdir() if p.suffix == suffix and p.name != "salt")
    return found


def cached(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file_in(folder).read_text())
    return content


def tree(folder: Path) -> dict[str, Any]:
    """What is in a folder, links and all."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_ino, content)
    return found


# -- one for all -----------------------------------------------------------------------------------------------------------


def test_the_second_client_asks_for_none(simulator: Simulator) -> None:
    for _time in range(3):
        client = sharing(simulator)
        client.get(INSTANCES)
        assert client.notices == Notices()
    assert grants(simulator) == ["client_credentials"]
    assert set(statuses(simulator)) == {200}


def test_what_is_stored(simulator: Simulator, folder: Path) -> None:
    """The token, how long it lives, and what tells that this is what was stored: no refresh token, no secret."""
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    file = file_in(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        file.name,
        f"{file.name}.lock",
        "salt",
    ]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    content = cached(folder)
    assert sorted(content) == ["access_token", "ends", "got", "identity", "schema"]
    assert content["got"] == time.wall_clock()
    assert content["ends"] == time.wall_clock() + 1200
    assert "demo" not in str(tree(folder))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_can_read_it(simulator: Simulator, folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        sharing(simulator).get(INSTANCES)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_refresh_token_stays_where_it_is(simulator: Simulator, folder: Path) -> None:
    time = SimulatedTime(simulator)
    first = sharing(simulator, time=time)
    first.get(INSTANCES)
    time.sleep(1175)
    first.get(INSTANCES)
    assert grants(simulator) == ["client_credentials", "refresh_token"]
    tokens = simulator.control("GET", "/control/state")
    assert "refresh" not in file_in(folder).read_text()
    assert tokens is not None
    # What it was exchanged for serves the others.
    sharing(simulator, time=time).get(INSTANCES)
    assert len(grants(simulator)) == 2


def test_names_tell_nothing_of_a_secret(folder: Path) -> None:
    """The same account has another name wherever the salt is another."""
    names = set()
    for _time in range(3):
        store(cache_of())
        names.add(file_in(folder).name)
        for path in folder.iterdir():
            path.unlink()
    assert len(names) == 3


OTHERS: list[dict[str, Any]] = [
    {"client_secret": "another"},
    {"client_id": "another"},
    {"token_url": "https://another.example/token"},
    {"validate_certs": False},
]


def cache_of(time: SimulatedTime | None = None, **options: Any) -> Any:
    """A cache without a client."""
    time = time or SimulatedTime()
    given = {"client_id": "demo", "client_secret": "demo-secret", **options}
    notices = Notices()

    def pause(seconds: float) -> bool:
        time.sleep(seconds)
        return True

    options_of = ConnectionOptions.from_mapping(given)
    return TokenCache(options_of, notices, pause, now=time.wall_clock), notices


def store(cache_and_notices: Any, access: str = "stored-token") -> None:
    cache, _notices = cache_and_notices
    with cache.locked() as is_locked:
        assert is_locked
        cache.store(access, 1200.0, 0.0)


@pytest.mark.parametrize("other", OTHERS)
def test_each_account_has_its_own(folder: Path, other: dict[str, Any]) -> None:
    mine, theirs = cache_of(), cache_of(**other)
    store(mine, "mine")
    assert theirs[0].read() is None
    store(theirs, "theirs")
    assert (mine[0].read().access, theirs[0].read().access) == ("mine", "theirs")
    assert (mine[1], theirs[1]) == (Notices(), Notices())


def test_a_file_under_the_name_of_another_account(folder: Path) -> None:
    store(cache_of())
    mine = file_in(folder)
    store(cache_of(client_id="another"), "theirs")
    (theirs,) = (p for p in folder.iterdir() if not p.suffix and p.name not in ("salt", mine.name))
    os.replace(theirs, mine)
    cache, notices = cache_of()
    assert cache.read() is None
    assert "it is another account's" in notices.warnings[0]


def test_threads_ask_for_one(simulator: Simulator) -> None:
    """Each with a client of its own, in real time."""

    def task(_number: int) -> None:
        options = simulator.options(token_cache=True)
        Client(ConnectionOptions.from_mapping(options)).get(INSTANCES)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(task, range(16)))
    assert grants(simulator) == ["client_credentials"]


TASK = """
import sys
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import connection_options
client = Client(connection_options({}))
sys.stdin.read()  # until all are there
client.get("/compute/instances", {"size": 1})
print(*client.notices.warnings)
"""


def environment_of(simulator: Simulator, **more: str) -> dict[str, str]:
    names = ("api_url", "token_url", "client_id", "client_secret")
    options = {f"ITCARE_{name.upper()}": simulator.options()[name] for name in names}
    return {**os.environ, **options, "PYTHONPATH": str(COLLECTIONS), **more}


def test_processes_ask_for_one(simulator: Simulator) -> None:
    environment = environment_of(simulator)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TASK],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _number in range(PROCESSES)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    for process in started:
        assert process.stdout is not None
        assert process.stdout.read().strip() == b""
        assert process.wait() == 0
    assert grants(simulator) == ["client_credentials"]
    assert statuses(simulator) == [200] * (PROCESSES + 1)


# -- how long --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lifetime", "used_until"), [(1200, 1169), (60, 29), (59, 29), (20, 9), (2, 0)]
)
def test_renewed_before_its_end(simulator: Simulator, lifetime: int, used_until: int) -> None:
    """By whichever process comes first, and without a word."""
    simulator.settings(token_lifetime=lifetime, refresh_lifetime=0)
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    time.sleep(used_until)
    sharing(simulator, time=time).get(INSTANCES)
    assert len(grants(simulator)) == 1
    time.sleep(2)
    client = sharing(simulator, time=time)
    client.get(INSTANCES)
    assert len(grants(simulator)) == 2
    assert client.notices == Notices()


def test_a_borrowed_token_is_renewed_in_time(simulator: Simulator) -> None:
    """It has lived for a while when it is borrowed."""
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    time.sleep(1000)
    client = sharing(simulator, time=time)
    client.get(INSTANCES)
    time.sleep(168)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials"]
    time.sleep(5)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials"] * 2  # there is no refresh token here
    assert set(statuses(simulator)) == {200}


def test_what_the_answer_takes_is_part_of_its_life(folder: Path) -> None:
    time = SimulatedTime()

    def reply(_method: str, path: str, _headers: dict[str, str]) -> Any:
        if path == "/token":
            time.sleep(100)
            return None
        return 200, {}, b"[]"

    with misbehaving(reply) as server:
        server.client(time=time, token_cache=True).get("/actions")
    assert cached(folder)["got"] == time.wall_clock() - 100
    assert cached(folder)["ends"] == time.wall_clock() + 1100


def test_the_clock_is_set_back(simulator: Simulator, folder: Path) -> None:
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    time.now -= 900
    client = sharing(simulator, time=time)
    client.get(INSTANCES)
    assert len(grants(simulator)) == 2
    assert "it is from the future: the clock has been set back" in client.notices.warnings[0]
    assert cached(folder)["got"] == time.wall_clock()  # replaced


def test_the_clock_is_set_back_a_little(simulator: Simulator, folder: Path) -> None:
    """To when the token was there already. Who has had it knows that it has ended."""
    time = SimulatedTime(simulator)
    wall = [time.wall_clock()]
    client = Client(
        ConnectionOptions.from_mapping(simulator.options(token_cache=True)),
        sleep=time.sleep,
        clock=time.clock,
        wall_clock=lambda: wall[0],
    )
    client.get(INSTANCES)
    time.sleep(1300)
    wall[0] += 100
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials", "refresh_token"]
    assert set(statuses(simulator)) == {200}
    assert cached(folder)["got"] == wall[0]


# -- a 401 -----------------------------------------------------------------------------------------------------------------


def test_a_token_that_is_rejected_is_replaced_once(simulator: Simulator, folder: Path) -> None:
    clients = [sharing(simulator) for _number in range(3)]
    for client in clients:
        client.get(INSTANCES)
    worn = cached(folder)["access_token"]
    simulator.control("DELETE", "/control/tokens")
    simulator.clear_requests()
    for client in clients:
        client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials"]
    # The others try the one that is there.
    assert statuses(simulator) == [401, 200, 200, 401, 200, 401, 200]
    assert cached(folder)["access_token"] != worn


def test_a_rejected_token_is_removed(simulator: Simulator, folder: Path) -> None:
    """Even when there is no other."""
    sharing(simulator).get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    simulator.fault(path="/token$", count=0, fault={"status": 500})
    with pytest.raises(errors.ItcareError):
        sharing(simulator, retries=0).get(INSTANCES)
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".lock"]  # the salt


def test_neither_the_one_in_the_file(simulator: Simulator, folder: Path) -> None:
    """What another process has got meanwhile may be rejected as well: one is still asked for."""
    first, second, third = (sharing(simulator) for _number in range(3))
    first.get(INSTANCES)
    old = file_in(folder).read_bytes()
    second.get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    third.get(INSTANCES)  # stores another
    simulator.control("DELETE", "/control/tokens")
    simulator.clear_requests()
    second.get(INSTANCES)
    assert statuses(simulator) == [401, 401, 200, 200]
    # Nobody can make it take a rejected one again.
    file_in(folder).write_bytes(old)
    simulator.control("DELETE", "/control/tokens")
    simulator.clear_requests()
    second.get(INSTANCES)
    assert statuses(simulator) == [401, 200, 200]


def test_whatever_others_put_there_is_rejected() -> None:
    """After a second 401 what others have got isn't tried any more."""
    rejected: list[str] = []

    def reply(_method: str, path: str, headers: dict[str, str]) -> Any:
        if path == "/token":
            return None
        sent = headers["authorization"]
        if sent == "Bearer granted-token" or len(rejected) == 9:
            return 200, {}, b"[]"
        rejected.append(sent)
        store(cache_of(token_url=f"{server.url}/token"), f"other-{len(rejected)}")
        return 401, {}, b""

    with misbehaving(reply) as server:
        store(cache_of(token_url=f"{server.url}/token"), "other-0")
        assert server.client(token_cache=True).get("/actions") == []
        assert rejected == ["Bearer other-0", "Bearer other-1"]
        assert [path for _m, path, _h in server.seen].count("/token") == 1


def test_401_for_ever(simulator: Simulator, folder: Path) -> None:
    sharing(simulator).get(INSTANCES)
    simulator.fault(method="GET", count=0, fault={"status": 401})
    simulator.clear_requests()
    with pytest.raises(errors.AuthenticationError, match="ITCARE_CLIENT_ID"):
        sharing(simulator).get(INSTANCES)
    assert statuses(simulator) == [401, 200, 401]
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".lock"]  # nobody else tries it


def test_a_write_is_executed_once(simulator: Simulator) -> None:
    sharing(simulator).get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    path = "/compute/instances/10001/snapshots"
    assert sharing(simulator).write("POST", path, {}).status == 202
    assert [entry["status"] for entry in simulator.writes()] == [401, 202]


def test_a_cached_token_is_told_to_who_masks_it() -> None:
    told: list[str] = []
    with misbehaving(lambda *_: (200, {}, b"[]")) as server:
        store(cache_of(token_url=f"{server.url}/token"))
        options = server.client(token_cache=True).options
        client = Client(options, mask=told.append, wall_clock=SimulatedTime().wall_clock)
        client.get("/actions")
        client.close()
    assert told[2:] == ["stored-token"]


def test_a_cached_token_is_hidden_also_when_rejected() -> None:
    def reply(method: str, path: str, headers: dict[str, str]) -> Any:
        if path == "/token":
            return None
        is_stored = headers["authorization"] == "Bearer stored-token"
        return (401 if is_stored else 400), {}, b"neither stored-token nor granted-token"

    with misbehaving(reply) as server:
        store(cache_of(token_url=f"{server.url}/token"))
        client = server.client(token_cache=True, retries=0)
        with pytest.raises(errors.ApiError, match="neither") as caught:
            client.get("/actions")
        said = everything_said(caught.value) + repr(vars(client)) + repr(vars(client._tokens))
        assert "stored-token" not in said
        assert "granted-token" not in said


# -- switched off ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"token_cache": False},
        {"access_token": "mine", "client_id": None, "client_secret": None},
        {"access_token": "mine"},
    ],
)
@pytest.mark.parametrize("status", [200, 401])
def test_nothing_is_written(folder: Path, options: dict[str, Any], status: int) -> None:
    def reply(_method: str, path: str, _headers: dict[str, str]) -> Any:
        return None if path == "/token" else (status, {}, b"[]")

    with misbehaving(reply) as server, contextlib.suppress(errors.AuthenticationError):
        server.client(**{"token_cache": True, **options}).get("/actions")
    assert not folder.exists()


def test_nothing_is_read(simulator: Simulator, folder: Path) -> None:
    sharing(simulator).get(INSTANCES)
    before = tree(folder)
    client_of(simulator, token_cache=False).get(INSTANCES)
    assert len(grants(simulator)) == 2
    assert tree(folder) == before


# -- what isn't as it must be: left as it is, and the token stays in memory ----------------------------------------------


def link_to(path: Path, target: Path) -> None:
    """`path` is what it was, elsewhere."""
    if target.parent.is_dir():
        path.rename(target)
    else:
        path.unlink()
    path.symlink_to(target)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def a_file(path: Path) -> None:
    path.rename(path.with_name("was here"))
    path.touch(0o600)


def a_dangling_link(path: Path) -> None:
    path.rename(path.with_name("was here"))
    path.symlink_to(path.with_name("nothing"))


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "symbolic link": (lambda p: link_to(p, p.parents[2] / "target"), "is a symbolic link"),
    "dangling link": (lambda p: link_to(p, p.parents[2] / "no" / "thing"), "is a symbolic link"),
    "named pipe": (pipe, "is no file"),
    "folder": (directory, ""),
    "read by a group": (lambda p: p.chmod(0o640), "is open to others (mode 0640)"),
    "written by all": (lambda p: p.chmod(0o602), "is open to others (mode 0602)"),
}


def check_left_alone(simulator: Simulator, folder: Path, said: str) -> None:
    top = folder.parents[1]
    before = tree(top)
    simulator.clear_requests()
    for _time in range(2):
        client = sharing(simulator)
        assert client.get(INSTANCES)["totalElements"] == 40
        assert client.get(INSTANCES)["totalElements"] == 40
        (warning,) = client.notices.warnings
        assert warning.startswith(NOT_SHARED)
        assert said in warning
        assert "token_cache (ITCARE_TOKEN_CACHE)" in warning
    assert grants(simulator) == ["client_credentials"] * 2
    assert tree(top) == before


@pytest.mark.parametrize("which", ["", ".lock", "salt"])
@pytest.mark.parametrize(("spoil", "said"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_not_trusted(
    simulator: Simulator, folder: Path, which: str, spoil: Callable[[Path], Any], said: str
) -> None:
    sharing(simulator).get(INSTANCES)
    path = folder / "salt" if which == "salt" else file_in(folder, which)
    if which == ".lock":  # or else nobody needs it
        file_in(folder).unlink()
    spoil(path)
    check_left_alone(simulator, folder, f"{path} {said}")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: link_to(p, p.parents[1] / "target"), "is a symbolic link"),
        (a_dangling_link, "is a symbolic link"),
        (a_file, "can't be used (Not a directory)"),
        (lambda p: p.chmod(0o755), "is open to others (mode 0755)"),
        (lambda p: p.chmod(0o770), "is open to others (mode 0770)"),
    ],
)
def test_a_folder_that_is_not_trusted(
    simulator: Simulator, folder: Path, spoil: Callable[[Path], Any], said: str
) -> None:
    sharing(simulator).get(INSTANCES)
    spoil(folder)
    check_left_alone(simulator, folder, f"{folder} {said}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("which", ["", ".lock", "salt", "the folder"])
def test_what_belongs_to_somebody_else(simulator: Simulator, folder: Path, which: str) -> None:
    sharing(simulator).get(INSTANCES)
    files = {"salt": folder / "salt", "the folder": folder}
    path = files.get(which) or file_in(folder, which)
    if which == ".lock":
        file_in(folder).unlink()
    os.chown(path, 12345, -1)
    check_left_alone(simulator, folder, f"{path} belongs to another user")


# -- content that isn't trusted: replaced --------------------------------------------------------------------------------

CONTENTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "empty": (lambda c: b"", "it can't be read"),
    "cut": (lambda c: json.dumps(c)[:-9].encode(), "it can't be read"),
    "not UTF-8": (lambda c: b"\xff\xfe\xfa", "it can't be read"),
    "deep": (lambda c: b"[" * LARGEST, "it can't be read"),
    "too large": (lambda c: b" " * LARGEST + json.dumps(c).encode(), "the file is too large"),
    "a list": (lambda c: [c], "of another release or kind"),
    "null": (lambda c: None, "of another release or kind"),
    "another release's": (lambda c: {**c, "schema": 2}, "of another release or kind"),
    "another account's": (lambda c: {**c, "identity": "0" * 32}, "it is another account's"),
    "no account's": (lambda c: {k: v for k, v in c.items() if k != "identity"}, "another account"),
    "two words": (lambda c: {**c, "access_token": "two words"}, "it is no token"),
    "two lines": (lambda c: {**c, "access_token": "two\nX-Other: lines"}, "it is no token"),
    "not ASCII": (lambda c: {**c, "access_token": "tokén"}, "it is no token"),
    "an empty token": (lambda c: {**c, "access_token": ""}, "it is no token"),
    "no text": (lambda c: {**c, "access_token": [5]}, "it is no token"),
    "without an end": (lambda c: {**c, "ends": None}, "its end isn't told"),
    "without a beginning": (lambda c: {**c, "got": "x"}, "its end isn't told"),
    "a whole number": (lambda c: {**c, "ends": 10**400}, "its end isn't told"),
    "not a number": (lambda c: {**c, "ends": float("nan")}, "its end can't be right"),
    "for ever": (lambda c: {**c, "ends": float("inf")}, "its end can't be right"),
    "for years": (lambda c: {**c, "ends": c["ends"] + 4e7}, "its end can't be right"),
    "since ever": (lambda c: {**c, "got": -float("inf")}, "its end can't be right"),
    "ended before": (lambda c: {**c, "ends": c["got"] - 1}, "its end can't be right"),
    "from the future": (lambda c: {**c, "got": c["got"] + 1}, "it is from the future"),
}


@pytest.mark.parametrize(("spoil", "said"), CONTENTS.values(), ids=CONTENTS)
def test_content_that_is_not_trusted(
    simulator: Simulator, folder: Path, spoil: Callable[[dict[str, Any]], Any], said: str
) -> None:
    sharing(simulator).get(INSTANCES)
    file, right = file_in(folder), cached(folder)
    spoilt = spoil(right)
    file.write_bytes(spoilt if isinstance(spoilt, bytes) else json.dumps(spoilt).encode())
    client = sharing(simulator)
    client.get(INSTANCES)
    (warning,) = client.notices.warnings
    assert warning.startswith(f"The access token in {file} isn't used, as ")
    assert said in warning
    assert warning.endswith("The next one replaces it.")
    assert right["access_token"] not in warning
    assert len(grants(simulator)) == 2
    assert sorted(cached(folder)) == sorted(right)
    third = sharing(simulator)
    third.get(INSTANCES)
    assert third.notices == Notices()
    assert len(grants(simulator)) == 2


def test_what_is_in_the_way_of_writing(simulator: Simulator, folder: Path) -> None:
    sharing(simulator).get(INSTANCES)
    file = file_in(folder)
    file.unlink()
    in_the_way = Path(f"{file}.new")
    in_the_way.mkdir()
    client = sharing(simulator)
    client.get(INSTANCES)
    (warning,) = client.notices.warnings
    assert f"{in_the_way} can't be used (" in warning
    assert not file.exists()


def test_a_file_of_terabytes(simulator: Simulator, folder: Path) -> None:
    sharing(simulator).get(INSTANCES)
    os.truncate(file_in(folder), 1 << 40)
    client = sharing(simulator)
    client.get(INSTANCES)
    assert "the file is too large" in client.notices.warnings[0]
    assert file_in(folder).stat().st_size < LARGEST


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33, b"x" * 10_000])
def test_a_salt_that_is_spoilt_is_made_anew(
    simulator: Simulator, folder: Path, content: bytes
) -> None:
    sharing(simulator).get(INSTANCES)
    (folder / "salt").write_bytes(content)
    for _time in range(2):
        sharing(simulator).get(INSTANCES)
    assert len(grants(simulator)) == 2


def test_a_token_that_no_file_holds(simulator: Simulator, folder: Path) -> None:
    long = json.dumps({"access_token": "x" * LARGEST, "expires_in": 1200}).encode()

    def reply(_method: str, path: str, _headers: dict[str, str]) -> Any:
        return (200, {}, long if path == "/token" else b"[]")

    with misbehaving(reply) as server:
        client = server.client(token_cache=True)
        with pytest.raises(errors.ItcareError):  # no server takes such a header
            client.get("/actions")
        assert "the token is too long" in client.notices.warnings[0]


# -- no place for it -----------------------------------------------------------------------------------------------------


def test_without_a_home(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    client = sharing(simulator)
    client.get(INSTANCES)
    (warning,) = client.notices.warnings
    assert "neither XDG_RUNTIME_DIR nor HOME names a folder for it" in warning


def test_a_disk_that_takes_nothing(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's own folder of this process belongs to it, and nothing can be made in it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"/proc/{os.getpid()}")
    client = sharing(simulator)
    client.get(INSTANCES)
    (warning,) = client.notices.warnings
    assert f"/proc/{os.getpid()}/{FOLDER} can't be used" in warning


def test_a_full_disk(simulator: Simulator, folder: Path) -> None:
    """Simulated by a limit that the kernel sets on the size of files."""
    sharing(simulator, client_secret="wrong")._tokens._cache.read()  # type: ignore[union-attr]
    before = sorted(folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", TASK],
        env=environment_of(simulator),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(NOT_SHARED)
    assert "can't be used (File too large)" in done.stdout
    # Only the lock is new: nothing is left of what couldn't be written.
    assert [path.suffix for path in sorted(folder.iterdir()) if path not in before] == [".lock"]


def test_a_system_without_locks(simulator: Simulator, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['fcntl'] = None\n{TASK}"],
        env=environment_of(simulator),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "this system has no locks for files" in done.stdout
    assert not folder.exists()


# -- the lock ------------------------------------------------------------------------------------------------------------


def test_a_lock_that_somebody_keeps(simulator: Simulator, folder: Path) -> None:
    """Nobody waits long for it; a second time not at all."""
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    file_in(folder).unlink()
    before = tree(folder)
    with open(file_in(folder, ".lock"), "rb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        client = sharing(simulator, time=time)
        client.get(INSTANCES)
        assert LONGEST_WAIT <= sum(time.slept) <= LONGEST_WAIT + 1
        time.sleep(1175)
        time.slept.clear()
        client.get(INSTANCES)
        assert time.slept == []
    assert grants(simulator) == ["client_credentials"] * 2 + ["refresh_token"]
    assert client.notices.warnings == []
    assert "Another task has been asking for a token" in client.notices.remarks[0]
    assert tree(folder) == before


def test_a_rejected_token_stays_while_somebody_has_the_lock(
    simulator: Simulator, folder: Path
) -> None:
    """Who may be about to replace it."""
    sharing(simulator).get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    before = tree(folder)
    with open(file_in(folder, ".lock"), "rb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        client = sharing(simulator)
        client.get(INSTANCES)
    assert client.notices.warnings == []
    assert tree(folder) == before


def test_a_lock_never_outlasts_the_time_of_a_task(simulator: Simulator, folder: Path) -> None:
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    file_in(folder).unlink()
    with open(file_in(folder, ".lock"), "rb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        client = sharing(simulator, time=time)
        client.ends_at = time.now + 3
        client.get(INSTANCES)
        assert sum(time.slept) <= 3.001


KEEPER = """
import fcntl, sys
with open(sys.argv[1], "rb") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_lock_of_a_process_that_died(simulator: Simulator, folder: Path) -> None:
    time = SimulatedTime(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    file = file_in(folder)
    file.unlink()
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(file_in(folder, ".lock"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == b"locked\n"
    Path(f"{file}.new").write_text("half of")  # what it was writing
    keeper.send_signal(signal.SIGKILL)
    keeper.communicate()
    for _time in range(2):
        client = sharing(simulator, time=time)
        client.get(INSTANCES)
        assert client.notices == Notices()
    assert time.slept == []
    assert len(grants(simulator)) == 2
    assert not Path(f"{file}.new").exists()


def test_a_pause_that_the_service_asks_for_holds_nobody_up(simulator: Simulator) -> None:
    """The one who has the lock waits for two minutes, the others go on by themselves."""
    time = SimulatedTime(simulator)
    waiting = SimulatedTime(simulator)
    others: list[Client] = []

    class LongPause(SimulatedTime):
        def sleep(self, seconds: float) -> None:
            others.append(sharing(simulator, time=waiting))
            others[-1].get(INSTANCES)
            super().sleep(seconds)

    simulator.fault(path="/token$", fault={"status": 503, "headers": {"Retry-After": "120"}})
    time = LongPause(simulator)
    sharing(simulator, time=time).get(INSTANCES)
    assert time.slept == [120]
    assert len(others) == 1
    assert sum(waiting.slept) <= LONGEST_WAIT + 1
    assert statuses(simulator) == [503, 200, 200, 200, 200]
