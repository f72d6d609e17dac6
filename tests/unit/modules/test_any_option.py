# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Anything in any option of each module: it is refused in words, or used; nothing that was refused is written."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.cegedim.cloud.plugins.module_utils.module import CONNECTION, TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.junk import JUNK
from support.misbehaving import Misbehaving, Reply, misbehaving
from support.modules import MODULES, arguments
from support.tasks import CREATE

# What each of them needs at least.
LEAST: dict[str, dict[str, Any]] = {
    "itcare_instance": CREATE,
    "itcare_patch_party": {"names": ["WEB"], "patch_group": "2"},
}
EMPTY = json.dumps({"content": [], "totalElements": 0}).encode()


def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
    if path == "/token":
        return None
    return (200, {}, EMPTY) if method == "GET" else (403, {}, b"")


@pytest.fixture(scope="module")
def service() -> Iterator[Misbehaving]:
    """One without instances, that lets nobody write."""
    with misbehaving(reply) as server:
        yield server


def called(module: str, options: dict[str, Any]) -> dict[str, Any]:
    """The result of a module."""
    main = importlib.import_module(
        f"ansible_collections.cegedim.cloud.plugins.modules.{module}"
    ).main
    printed = io.StringIO()
    with arguments(options), contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


def spec(module: str) -> dict[str, Any]:
    """The options of a module and the kinds of their parts."""
    main = importlib.import_module(f"ansible_collections.cegedim.cloud.plugins.modules.{module}")
    options: dict[str, Any] = yaml.safe_load(main.DOCUMENTATION).get("options", {})
    return options


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_anything_in_any_option(module: str, service: Misbehaving, data: st.DataObject) -> None:
    options: dict[str, Any] = dict(LEAST.get(module, {"names": ["WEB"]}))
    names = [*spec(module), *TARGETS, *set(CONNECTION) - {"client_secret", "access_token"}]
    for name in data.draw(st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=3)):
        options[name] = data.draw(JUNK, label=name)
        if isinstance(options[name], dict) or data.draw(st.booleans()):
            inner = spec(module).get(name, {}).get("suboptions") or {"names": {}, "tags": {}}
            options[name] = {data.draw(st.sampled_from(sorted(inner))): options[name]}
    before = len(service.seen)
    result = called(module, {**connection_of(service), **options})
    sent = [f"{method} {path}" for method, path, _headers in service.seen[before:]]
    writes = [one for one in sent if not one.startswith(("GET ", "POST /token"))]
    assert "Traceback" not in result.get("msg", "") + str(result.get("exception"))
    # Each write was refused by the service, which is what is said then: input that is refused was not sent.
    assert not writes or "answered 403" in result["msg"]


def connection_of(service: Misbehaving) -> dict[str, Any]:
    return {
        "api_url": f"{service.url}/itcare",
        "token_url": f"{service.url}/token",
        "client_id": "demo",
        "client_secret": "demo-secret",
        "retries": 0,
        "wait_timeout": 1,
        "wait_interval": 1,
    }


HALVES: list[dict[str, Any]] = [
    {"names": ["WEB\ud800"]},
    {"filters": {"tags": ["app:\udfff"]}},
    {"filters": {"environments": ["\ud800"]}},
    {"client_id": "\ud800"},
    {"client_secret": "\ud800"},
    {"access_token": "\ud800"},
    {"ca_path": "\ud800"},
    {"api_url": "http://\ud800/"},
    {"api_url": "http://[::1%25\ud800]/"},
    {"ids": ["9" * 5000]},
    {"ids": [10**4299]},
    {"names": [10**4299]},
    {"request_timeout": "9" * 5000},
    {"retries": 10**4000},
    {"filters": True},
]


@pytest.mark.parametrize("options", HALVES, ids=lambda options: repr(options)[:30])
def test_what_ansible_itself_stumbles_over(options: dict[str, Any], service: Misbehaving) -> None:
    before = len(service.seen)
    result = called("itcare_instance_info", {**connection_of(service), **options})
    assert result["failed"]
    assert "exception" not in result
    assert next(iter(options)) in result["msg"] or "can't read the options" in result["msg"]
    assert len(service.seen) == before


def test_deep_options(service: Misbehaving) -> None:
    deep: Any = "x"
    for _level in range(100):
        deep = [deep]
    result = called("itcare_action_info", {**connection_of(service), "action_ids": [deep]})
    assert "action_ids" in result["msg"]
    assert "exception" not in result


def test_the_environment_may_hold_any_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITCARE_CLIENT_ID", "demo")
    monkeypatch.setenv("ITCARE_CLIENT_SECRET", b"\xff\xfe".decode(errors="surrogateescape"))
    result = called("itcare_instance_info", {"names": ["WEB"]})
    assert "ITCARE_CLIENT_SECRET" in result["msg"]
    assert "exception" not in result
