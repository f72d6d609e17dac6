# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a task makes that changes nothing. Its token is in the cache: another task has asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    gather as instance_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import (
    ensure as ensure_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather as gather_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.ensure import (
    ensure as ensure_request,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import (
    gather as gather_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import WAIT, calls, client_of, instance_of
from support.simulator import TOKEN_PATH, Simulator

NAME = "PEB4TEST01"
ACTIONS = "GET /actions"
LIST = "GET /compute/instances"
ONE = "GET /compute/instances/ID"
SNAPSHOT = "GET /compute/instances/ID/snapshots"
CREATE = {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
HAS_ONE = {"snapshot": {"description": "x", "recoveredAt": "2026-01-01T00:00:00.000+0000"}}
Work = Callable[[Client, Mapping[str, Any]], Result]

# (work, fields of the instance, options, requests)
TABLE: dict[str, tuple[Work, dict[str, Any], dict[str, Any], list[str]]] = {
    "info": (instance_queries.gather, {}, {"names": [NAME]}, [LIST]),
    "info by filters": (
        instance_queries.gather,
        {},
        {"filters": {"statuses": ["ACTIVE"], "monitored": False, "tags": ["app:web"]}},
        [LIST],
    ),
    "info in order": (instance_queries.gather, {}, {"sort": "name,desc"}, [LIST]),
    "info, names that aren't found": (
        instance_queries.gather,
        {},
        {"names": [NAME, "NOSUCH", "NONE"]},
        [LIST, LIST],
    ),
    "info by id": (instance_queries.gather, {}, {"ids": ["ID"]}, [ONE]),
    "patch parties, info": (gather_patch_party, {}, {"names": [NAME]}, [LIST]),
    "patch parties, info, a name that isn't found": (
        gather_patch_party,
        {},
        {"names": ["NOSUCH"]},
        [LIST, LIST],
    ),
    "patch party": (ensure_patch_party, {}, {"names": [NAME], "patch_group": "none"}, [LIST]),
    "sizing": (ensure_instance, {}, {"name": NAME, "sizing": "2cpu4gb"}, [LIST]),
    "protections": (
        ensure_instance,
        {},
        {"name": NAME, "monitoring": {"enabled": False}, "backup": {"enabled": False}},
        [LIST],
    ),
    "sizing by id": (ensure_instance, {}, {"id": "ID", "sizing": "2cpu4gb"}, [ONE]),
    "existence": (ensure_instance, {}, {"name": NAME}, [ACTIONS, LIST]),
    "existence, with all that it takes to create it": (
        ensure_instance,
        {"region": {"id": "EB4"}, "serviceId": 16},
        {"name": NAME, **CREATE},
        [ACTIONS, LIST],
    ),
    "absence": (
        ensure_instance,
        {},
        {"id": 4711, "state": "absent"},
        [ACTIONS, "GET /compute/instances/4711"],
    ),
    "absence, a name that isn't found": (
        ensure_instance,
        {},
        {"name": "NOSUCH", "state": "absent"},
        [ACTIONS, LIST, LIST],
    ),
    "power": (ensure_instance, {}, {"name": NAME, "state": "started"}, [ACTIONS, LIST]),
    "snapshot": (ensure_snapshot, HAS_ONE, {"names": [NAME]}, [ACTIONS, LIST]),
    "snapshot, recovered": (
        ensure_snapshot,
        HAS_ONE,
        {"names": [NAME], "state": "recovered"},
        [ACTIONS, LIST],
    ),
    "snapshot, absent": (
        ensure_snapshot,
        {},
        {"names": [NAME], "state": "absent"},
        [ACTIONS, LIST, SNAPSHOT],
    ),
    "request": (
        ensure_request,
        {},
        {"method": "DELETE", "path": "/compute/instances/4711", "unless": {"exists": False}},
        [ACTIONS, "GET /compute/instances/4711"],
    ),
    "request without a number": (
        ensure_request,
        {},
        {
            "method": "POST",
            "path": "/compute/instances",
            "unless": {"query": {"names": NAME}, "key": "content.name", "equals": NAME},
        },
        [LIST],
    ),
    "snapshot, info": (gather_snapshot, HAS_ONE, {"names": [NAME]}, [LIST]),
    "snapshot, info without one": (
        gather_snapshot,
        {},
        {"names": [NAME]},
        [LIST, SNAPSHOT],
    ),
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("work", "fields", "options", "expected"), TABLE.values(), ids=TABLE)
def test_a_task_that_changes_nothing(
    simulator: Simulator,
    work: Work,
    fields: dict[str, Any],
    options: dict[str, Any],
    expected: list[str],
    read_only: bool,
) -> None:
    identity = instance_of(simulator, **fields)["id"]

    def with_id(value: Any) -> Any:
        return (
            [with_id(v) for v in value]
            if isinstance(value, list)
            else identity if value == "ID" else value
        )

    given = {key: with_id(value) for key, value in options.items()}
    client_of(simulator, token_cache=True).get("/actions")
    simulator.clear_requests()
    client = client_of(simulator, read_only=read_only, token_cache=True)
    assert not work(client, {**WAIT, **given}).changed
    assert calls(simulator) == [call.replace("ID", str(identity)) for call in expected]


def test_without_a_token(simulator: Simulator) -> None:
    """One more."""
    name = instance_of(simulator)["name"]
    simulator.clear_requests()
    instance_queries.gather(client_of(simulator, token_cache=True), {"names": [name]})
    assert calls(simulator) == [f"POST {TOKEN_PATH}", LIST]


@pytest.mark.parametrize(
    ("work", "options", "before"),
    [
        (ensure_patch_party, {"patch_group": "none"}, []),
        (ensure_snapshot, {"state": "absent"}, [ACTIONS]),
        (ensure_snapshot, {"state": "present"}, [ACTIONS]),
        (instance_queries.gather, {}, []),
    ],
)
def test_in_bulk(
    simulator: Simulator, work: Work, options: dict[str, Any], before: list[str]
) -> None:
    """As for one."""
    fields = HAS_ONE if options.get("state") == "present" else {}
    names = [instance_of(simulator, name=f"T{number:02}", **fields)["name"] for number in range(30)]
    client_of(simulator, token_cache=True).get("/actions")
    simulator.clear_requests()
    client = client_of(simulator, token_cache=True)
    assert not work(client, {**WAIT, "names": names, **options}).changed
    asked = [call for call in calls(simulator) if not call.endswith("/snapshots")]
    assert asked == [*before, LIST]
