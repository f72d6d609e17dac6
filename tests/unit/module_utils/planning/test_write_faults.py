# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write, met by every fault: it ends in the desired state, and nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import (
    ensure as ensure_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, PatientTime, client_of, executed, instance_of
from support.simulator import Simulator

SNAPSHOT = {"snapshot": {"description": "old"}}
ENSURE = {
    "instance": ensure_instance,
    "snapshot": ensure_snapshot,
    "patch party": ensure_patch_party,
}
# (module; fields of the instance, None without one; options; the write that is hit)
WRITES: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any], str]] = {
    "create": (
        "instance",
        None,
        {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16},
        "POST",
    ),
    "start": ("instance", {"status": "INACTIVE"}, {"state": "started"}, "PATCH"),
    "stop": ("instance", {}, {"state": "stopped"}, "PATCH"),
    "delete": ("instance", {"status": "INACTIVE"}, {"state": "absent"}, "DELETE"),
    "resize": ("instance", {}, {"sizing": "4cpu8gb"}, "PATCH"),
    "monitoring": ("instance", {}, {"monitoring": {"enabled": True}}, "PATCH"),
    "backup": ("instance", {}, {"backup": {"enabled": True}}, "PATCH"),
    "replication": ("instance", {}, {"replication": {"enabled": True}}, "PATCH"),
    "snapshot": ("snapshot", {}, {"description": "new"}, "POST"),
    "delete snapshot": ("snapshot", SNAPSHOT, {"state": "absent"}, "DELETE"),
    "recover snapshot": ("snapshot", SNAPSHOT, {"state": "recovered"}, "PATCH"),
    "exclude": (
        "patch party",
        {},
        {"excluded": True, "exclusion_reason": "because"},
        "PATCH",
    ),
    "patch group": ("patch party", {}, {"patch_group": "2"}, "PATCH"),
}
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "headers": {"Retry-After": "2"}},
    "503": {"status": 503},
    "500": {"status": 500},
    "502": {"status": 502, "html": True},
    "504": {"status": 504},
    "500 executed": {"status": 500, "execute": True},
    "502 executed": {"status": 502, "html": True, "execute": True},
    "504 executed": {"status": 504, "execute": True},
    "200 and a page, executed": {"status": 200, "html": True, "execute": True},
    "closed before": {"cut": "before"},
    "closed after": {"cut": "after"},
    "reset after": {"cut": "after", "reset": True},
    "body cut": {"cut": "body"},
    "half of the JSON": {"status": 202, "body": '{"id": 7', "execute": True},
}
UNDONE = {
    name for name, f in FAULTS.items() if not f.get("execute") and f.get("cut") in (None, "before")
}
SURELY_UNDONE = {"429", "503"}  # the latter nearly


def run(simulator: Simulator, write: str, read_only: bool = False, **client: Any) -> Result:
    module, _fields, options, _method = WRITES[write]
    target = {"name": NAME} if module == "instance" else {"names": [NAME]}
    api = client_of(simulator, read_only=read_only, **client)
    return ENSURE[module](api, {**WAIT, **target, **options})


def prepare(simulator: Simulator, write: str, **settings: Any) -> None:
    simulator.settings(**{"action_delay": 10, **settings})
    fields = WRITES[write][1]
    if fields is not None:
        instance_of(simulator, **fields)


def check_done_once(simulator: Simulator, write: str, result: Result) -> None:
    assert result.changed
    assert len(executed(simulator)) == 1
    assert len(result.values["operations"]) == 1
    assert not run(simulator, write, read_only=True).changed


# What is over when the client looks for it can be known by its end only.
CASES = [(fault, 10) for fault in FAULTS] + [
    (fault, 0) for fault in ("500 executed", "closed after", "body cut")
]


@pytest.mark.parametrize(("fault", "delay"), CASES, ids=str)
@pytest.mark.parametrize("write", WRITES)
def test_a_fault(simulator: Simulator, write: str, fault: str, delay: int) -> None:
    prepare(simulator, write, action_delay=delay)
    simulator.fault(method=WRITES[write][3], path="/itcare", fault=FAULTS[fault])
    if write == "create" and fault in UNDONE - SURELY_UNDONE:
        # a second server would be worse than an error: the next run resolves it
        with pytest.raises(errors.UnsureWriteError, match="isn't known whether 'create'"):
            run(simulator, write)
        assert len(simulator.writes()) == 1
        assert run(simulator, write).changed
        assert len(executed(simulator)) == 1
        return
    result = run(simulator, write)
    check_done_once(simulator, write, result)
    assert len(simulator.writes()) == (2 if fault in UNDONE else 1)
    if delay:
        assert [a["id"] for a in result.values["itcare_actions"]] == [
            executed(simulator)[0]["action_id"]
        ]


@pytest.mark.parametrize("fault", ["500", "closed before"])
@pytest.mark.parametrize("write", WRITES)
def test_a_fault_that_lasts(simulator: Simulator, write: str, fault: str) -> None:
    prepare(simulator, write)
    simulator.fault(method=WRITES[write][3], path="/itcare", count=0, fault=FAULTS[fault])
    with pytest.raises(errors.ItcareError, match="500|was cut before"):
        run(simulator, write)
    assert not executed(simulator)
    assert (write == "create") <= len(simulator.writes()) < 9
    assert write == "create" or len(simulator.writes()) > 1


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", [{"delay_after": 0.6}, {"delay": 0.6}], ids=["late", "later"])
def test_no_answer_in_time(simulator: Simulator, write: str, fault: dict[str, Any]) -> None:
    """Executed at once and answered late; or even executed after the client has given up."""
    prepare(simulator, write)
    simulator.fault(method=WRITES[write][3], path="/itcare", fault=fault)
    result = run(simulator, write, request_timeout=0.3, time=PatientTime(simulator))
    check_done_once(simulator, write, result)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body", ["action", "empty"])
def test_an_action_that_fails(simulator: Simulator, write: str, body: str) -> None:
    prepare(simulator, write, accepted_body=body)
    simulator.fail_actions(fail=1, message="The disk is full.")
    with pytest.raises(errors.ItcareError, match="The disk is full[.]($|;| )") as caught:
        run(simulator, write)
    (done,) = executed(simulator)
    assert f"ction {done['action_id']} (vm_" in str(caught.value)
    assert "ended in ERROR" in str(caught.value)
    assert run(simulator, write).changed  # a second try starts afresh
    assert len(executed(simulator)) == 2


@pytest.mark.parametrize("write", WRITES)
def test_an_action_that_fails_at_once_without_being_shown(simulator: Simulator, write: str) -> None:
    prepare(simulator, write, accepted_body="empty", action_delay=0)
    simulator.fail_actions(fail=1, message="The disk is full")
    with pytest.raises(errors.ItcareError, match="The disk is full"):
        run(simulator, write)
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("write", WRITES)
def test_an_action_that_failed_while_its_answer_was_lost(simulator: Simulator, write: str) -> None:
    prepare(simulator, write, action_delay=0)
    simulator.fail_actions(fail=1, message="The disk is full")
    simulator.fault(method=WRITES[write][3], path="/itcare", fault={"cut": "after"})
    with pytest.raises(errors.ItcareError, match="The disk is full"):
        run(simulator, write)
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("write", WRITES)
def test_not_without_rights(simulator: Simulator, write: str) -> None:
    prepare(simulator, write)
    simulator.settings(writes="forbid")
    with pytest.raises(errors.ItcareError, match="answered 403 .*The API account lacks a right"):
        run(simulator, write)
    assert simulator.settings()["forbidden_writes"] == 1
