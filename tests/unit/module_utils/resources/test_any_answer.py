# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any JSON in any place of any answer: each module ends, with a result that can be printed or with an error of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action import (
    gather as actions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait_for_actions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    gather as instances,
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
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import (
    gather as gather_snapshot,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.client import NAME, client_of, instance_of
from support.junk import JUNK, PLACES, SpoiltClient
from support.simulator import Simulator
from support.tasks import CREATE, SNAPSHOT

Work = tuple[Callable[[Client, dict[str, Any]], Any], dict[str, Any]]

ONE: dict[str, Any] = {"names": [NAME]}
WORKS: dict[str, Work] = {
    "instances": (instances.gather, {"sort": "name", "filters": {"statuses": ["ACTIVE"]}}),
    "their parts": (
        instances.gather,
        {**ONE, "include": ["detail", "snapshot", "storage", "network"]},
    ),
    "by tag": (instances.gather, {"filters": {"tags": ["app:web"]}}),
    "an instance by id": (instances.gather, {"ids": [1]}),
    "snapshots": (gather_snapshot, ONE),
    "patch parties": (gather_patch_party, {}),
    "actions": (actions.gather, ONE),
    "wait for actions": (wait_for_actions, ONE),
    "present": (
        ensure_instance,
        {
            "name": NAME,
            "sizing": "4cpu8gb",
            "monitoring": {"enabled": True, "alerting": True},
            "backup": {"enabled": True},
            "replication": {"enabled": True},
        },
    ),
    "new": (ensure_instance, CREATE | {"name": "PEB4NEW01"}),
    **{
        state: (ensure_instance, {"name": NAME, "state": state, "force": state == "absent"})
        for state in ("started", "stopped", "restarted", "reset", "absent")
    },
    "by id": (ensure_instance, {"id": 1, "state": "stopped"}),
    "snapshot": (ensure_snapshot, {**ONE, "max_age": "1h", "replace": True}),
    "recovered": (ensure_snapshot, {**ONE, "state": "recovered", "force": True}),
    "no snapshot": (ensure_snapshot, {**ONE, "state": "absent"}),
    "patch party": (ensure_patch_party, {**ONE, "patch_group": "2"}),
    "excluded": (ensure_patch_party, {**ONE, "excluded": True, "exclusion_reason": "why"}),
}


@pytest.fixture
def answers(simulator: Simulator) -> dict[str, Any]:
    """What the service truly answers, by path; the instance has the id 1."""
    simulator.reset(instances=1)
    path = f"/compute/instances/{instance_of(simulator, **SNAPSHOT)['id']}"
    client = client_of(simulator)
    found: dict[str, Any] = {
        address: client.get(address)
        for address in (
            "/compute/instances",
            *(path + part for part in ("", "/snapshots", "/storage", "/networks")),
        )
    }
    client.close()
    found["/compute/instances"]["content"][-1]["id"] = found[path]["id"] = 1
    other = {"id": 5, "status": "SUCCESS", "process": "vm_start", "resourceName": NAME}
    return {
        "/actions": [other],
        **{address.replace(path, "/compute/instances/1"): data for address, data in found.items()},
    }


def done(client: SpoiltClient, work: str) -> str:
    """What came out, and can be printed."""
    do, options = WORKS[work]
    times = {"wait": True, "wait_timeout": 30, "wait_interval": 10}
    try:
        result = do(client, {**times, **options})
    except ItcareError as error:
        return str(error)
    shown = [result.values, result.diff, result.warnings]
    return json.dumps(shown, allow_nan=False, ensure_ascii=False)


@pytest.mark.parametrize("work", WORKS)
def test_true_answers(work: str, answers: dict[str, Any]) -> None:
    """Or else the test below would look at nothing. The effect of a write never shows, as time doesn't pass."""
    client = SpoiltClient(answers, -1, [], None, read_only=False)
    text = done(client, work)
    if WORKS[work][0].__name__ == "gather" or work in ("started", "wait for actions"):
        assert text[0] == "["
        assert not client.written
    else:
        assert client.written


@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@pytest.mark.parametrize("work", WORKS)
@given(number=st.integers(0, 4), place=PLACES, junk=JUNK, read_only=st.booleans())
def test_any_json_in_any_place(
    work: str, answers: dict[str, Any], number: int, place: list[int], junk: Any, read_only: bool
) -> None:
    client = SpoiltClient(answers, number, place, junk, read_only=read_only)
    done(client, work).encode()
    assert not client.written or WORKS[work][0].__name__ == "ensure"
