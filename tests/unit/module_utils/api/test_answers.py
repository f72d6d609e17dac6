# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a form that ITCare's never have: an error that says so, never a traceback, never "there is none"."""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import answers, checks
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import (
    InputError,
    ItcareError,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action import (
    gather as action_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.desired import read_ids
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait_for_actions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    gather as instance_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    planner as instances,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.desired import (
    DesiredInstance,
    Sizing,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import (
    ensure as ensure_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party import (
    planner as patch_parties,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.desired import (
    DesiredPatchParty,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather as gather_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    summarise,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot import (
    state as snapshot_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.desired import (
    parse_age,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import (
    gather as gather_snapshot,
)
from hypothesis import given
from hypothesis import strategies as st
from support.client import WAIT
from support.misbehaving import Reply, misbehaving

Work = Callable[[Client, dict[str, Any]], Any]

ALL: dict[str, tuple[Work, dict[str, Any]]] = {
    "instance_info": (instance_queries.gather, {}),
    "instance_info by name": (instance_queries.gather, {"names": ["WEB"], "include": ["detail"]}),
    "snapshot_info": (gather_snapshot, {}),
    "patch_party_info": (gather_patch_party, {}),
    "action_info": (action_queries.gather, {}),
    "action_info of an instance": (action_queries.gather, {"ids": [1]}),
    "action_wait": (wait_for_actions, {"names": ["WEB"]}),
    "instance": (ensure_instance, {"name": "WEB", "state": "absent"}),
    "instance by id": (ensure_instance, {"id": 1, "state": "absent"}),
    "snapshot": (ensure_snapshot, {"names": ["WEB"], "state": "absent"}),
    "patch_party": (ensure_patch_party, {"names": ["WEB"], "patch_group": 1}),
}
WRONG_LISTS: list[list[Any]] = [[None], ["x"], [[]], [1], [{"id": []}]]
UNREADABLE: list[Any] = [
    *[[None], ["x"], [[]], [1], [True], "x", 5, True, {"content": "x"}],
    *[{"content": content, "totalElements": 1} for content in WRONG_LISTS],
    {"content": [{"id": 1, "name": "WEB"}, None], "totalElements": 2},
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=json.dumps)
@pytest.mark.parametrize("module", ALL)
def test_wherever_a_list_or_an_instance_is_read(module: str, answer: Any) -> None:
    work, options = ALL[module]

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        return None if path == "/token" else (200, {}, json.dumps(answer).encode())

    with misbehaving(reply) as server:
        with pytest.raises(ItcareError) as caught:
            work(server.client(), {**WAIT, **options})
        assert all(method == "GET" for method, path, _headers in server.seen if path != "/token")
    assert "/itcare" not in str(caught.value)
    assert any(
        word in str(caught.value) for word in (" is ", "didn't answer with a list", "has an id")
    )


@pytest.mark.parametrize("answer", [[None], "x", {"content": [1]}, {"a": 1}], ids=json.dumps)
@pytest.mark.parametrize("part", ["actions", "snapshots"])
def test_what_is_asked_besides(part: str, answer: Any) -> None:
    """Unreadable actions aren't "nothing in progress"; an unreadable snapshot isn't "none"."""
    listed = {"content": [{"id": 1, "name": "WEB", "status": "ACTIVE"}], "totalElements": 1}

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        if path == "/token":
            return None
        return 200, {}, json.dumps(answer if part in path else listed).encode()

    if part == "snapshots" and answer == {"a": 1}:
        return  # one of the ways to say none
    with misbehaving(reply) as server:
        work, options = ALL["instance" if part == "actions" else "snapshot"]
        if part == "actions":
            options = {**options, "state": "stopped"}
        with pytest.raises(ItcareError, match=" is "):
            work(server.client(), {**WAIT, **options})
        assert all(method == "GET" for method, path, _headers in server.seen if path != "/token")


WRONG = st.recursive(
    st.sampled_from([None, True, 0, 7, 1.5, "", "x", "7"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["id", "policies", "patchGroup", "excluded", "patchDate", "createdAt"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=5,
)
FIELDS = [
    *[
        "status",
        "environment",
        "region",
        "area",
        "network",
        "serviceId",
        "cpu",
        "ram",
        "patchParty",
    ],
    *[
        "backupPolicyDetails",
        "monitoringEnabled",
        "monitoringOnCallEnabled",
        "snapshot",
        "imageCode",
    ],
]
NOW = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
DESIRED: dict[str, Any] = {
    **{"name": "WEB", "sizing": "2cpu4gb", "region": "EB", "service_id": 7, "network_id": "n"},
    "monitoring": {"enabled": True, "on_call": True},
    "backup": {"off_site": True, "server_policy_id": "p"},
}


@given(st.dictionaries(st.sampled_from(FIELDS), WRONG))
def test_an_instance_whose_fields_are_of_another_kind(fields: dict[str, Any]) -> None:
    """Planned for or reported, or refused with a reason."""
    instance = {"id": 1, "name": "WEB", **fields}
    resource = to_snake(instance)
    works: list[Callable[[], Any]] = [
        lambda: patch_parties.plan_patch_party(
            resource, DesiredPatchParty.from_options({"patch_group": 1})
        ),
        lambda: summarise([resource, resource]),
        lambda: snapshot_queries.active(
            snapshot_queries.read_snapshots(instance.get("snapshot")), NOW
        ),
    ]
    for state in ("present", "started", "stopped", "absent"):
        desired = DesiredInstance.from_options({**DESIRED, "state": state})
        works.append(functools.partial(instances.plan_instance, resource, desired))
    for work in works:
        with contextlib.suppress(ItcareError):
            work()


@pytest.mark.parametrize("entry", [{"name": "WEB"}, {"id": 1, "name": []}, {"id": 1, "name": {}}])
@pytest.mark.parametrize("module", ALL)
def test_an_instance_that_cannot_be_told_apart(module: str, entry: dict[str, Any]) -> None:
    work, options = ALL[module]

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        if path == "/token":
            return None
        listed = {"content": [entry], "totalElements": 1}
        answer: Any = [] if "/actions" in path else listed if "/instances?" in path else entry
        return 200, {}, json.dumps(answer).encode()

    with misbehaving(reply) as server:
        # in a list, any field may be missing
        shows_all = "id" not in entry and work.__name__ == "gather" and "ids" not in options
        if module == "action_info" or shows_all:  # the former asks for no instance
            work(server.client(), options)
            return
        with pytest.raises(ItcareError, match="is no instance: it(s name is no text| has no id)"):
            work(server.client(), {**WAIT, **options})


ENDLESS = "9" * 5000


def test_numbers_of_any_length() -> None:
    """Python itself refuses to read a text of more than 4300 digits, and to make a float of 400."""
    assert answers.number(10**400) == 10**400
    assert not answers.same(10**400, 2)
    for text in (ENDLESS, "²"):
        assert answers.read_id(text) == text
    for read in (
        lambda: read_ids([ENDLESS]),
        lambda: parse_age(f"{ENDLESS}d"),
        lambda: checks.identifier(ENDLESS, "ids"),
        lambda: checks.integer(ENDLESS, "retries"),
    ):
        with pytest.raises(InputError):
            read()
    assert Sizing.parse(f"{ENDLESS}cpu4gb") is None


def test_dig() -> None:
    assert answers.dig({"a": {"b": 0}}, "a.b") == 0
    resources: list[Any] = [{}, {"a": None}, {"a": 5}, {"a": []}, None]
    for resource in resources:
        assert answers.dig(resource, "a.b") is None
