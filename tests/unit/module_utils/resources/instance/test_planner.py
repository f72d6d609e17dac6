# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of instances, held against the model of the API: they lead to the desired state, and to nothing else."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.plan import Plan, shows
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.desired import (
    DesiredInstance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.planner import (
    plan_instance,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.api_model import Raw, execute

# What may be null where the API means "no".
SWITCHES = (
    "monitoring_enabled",
    "monitoring_alerting",
    "backup_status",
    "replication_status",
)
SIZES = ["1cpu2gb", "2cpu4gb", "4CPU8GB", "16cpu64gb"]

maybe = st.sampled_from([True, False, None])
instances = st.fixed_dictionaries(
    {
        "id": st.just(1),
        "name": st.just("PEB4WEB01"),
        "status": st.sampled_from(["ACTIVE", "INACTIVE"]),
        "environment": st.sampled_from(
            ["PRODUCTION", "PROD", "DEVELOPMENT", "PREPRODUCTION", None]
        ),
        "cpu": st.sampled_from([1, 2, 4, None]),
        "ram": st.sampled_from([2, 4, 8, None]),
        "serviceId": st.just(13),
        "imageCode": st.sampled_from(["deb12", "DEB12", None]),
        "region": st.sampled_from([{"id": "EB4"}, {}, None]),
        "area": st.sampled_from([{"id": "A1", "regulation": "HDS"}, {"id": "A1"}, None]),
        "cloudId": st.sampled_from([7, None]),
        "monitoringEnabled": maybe,
        "monitoringAlerting": maybe,
        "monitoringOnCallEnabled": maybe,
        "backupStatus": maybe,
        "replicationStatus": maybe,
        "off": st.sampled_from([False, None]),
        "unknownField": st.just({"innerKey": [1]}),
    }
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A dictionary of some of these fields; AnsibleModule gives None for the others, or leaves them out."""
    return st.fixed_dictionaries({}, optional={k: v | st.none() for k, v in fields.items()})


reasons = st.just("because")
desired_states = st.fixed_dictionaries(
    {"name": st.just("PEB4WEB01")},
    optional={
        "state": st.sampled_from(
            ["present", "absent", "started", "stopped", "restarted", "reset", None]
        ),
        "force": st.booleans(),
        "sizing": st.sampled_from([*SIZES, "huge", None]),
        "monitoring": some(enabled=maybe, alerting=maybe, reason=reasons) | st.none(),
        "backup": some(enabled=maybe, reason=reasons) | st.none(),
        "replication": some(enabled=maybe, reason=reasons) | st.none(),
        "change_reference": st.sampled_from(["RFC_123456", "", None]),
        "comment": st.sampled_from(["it hangs", "", None]),
        # as the instance is, so that it isn't refused
        "region": st.sampled_from(["EB4", "eb4", None]),
        "regulation": st.sampled_from(["HDS", None]),
        "service_id": st.just(13),
        "platform": st.sampled_from(["deb12", None]),
        "cloud_id": st.sampled_from([7, None]),
    },
)
creations = st.fixed_dictionaries(
    {
        "name": st.just("PEB4NEW01"),
        "state": st.sampled_from(["present", "started", "stopped"]),
        "sizing": st.sampled_from(["1cpu2gb", "2cpu4gb"]),
        "region": st.just("EB4"),
        "platform": st.just("deb12"),
        "service_id": st.just(13),
    },
    optional={
        "area": st.sampled_from(["A1", None]),
        "availability_zone": st.sampled_from(["Z1", None]),
        "network_id": st.sampled_from([9, None]),
        "regulation": st.sampled_from(["HDS", "STANDARD", None]),
        "authentication_domain_id": st.sampled_from(["CGDM", None]),
        "cloud_id": st.sampled_from([7, None]),
        "product_code": st.sampled_from(["rmq11", None]),
        "specific_request": st.just("please"),
        "storage_pool": st.just("pool"),
        "properties": st.just([{"key": "a", "value": "b", "default_value": None}]),
        "volumes": st.just([{"id": "data", "size_gb": 10, "excl_from_snap": None}]),
        "monitoring": some(enabled=maybe, alerting=maybe, on_call=maybe) | st.none(),
        "backup": some(enabled=maybe, off_site=maybe, server_policy_id=st.just("p")) | st.none(),
        "replication": some(enabled=maybe),
    },
)


def snake(raw: Raw | None) -> Any:
    return to_snake(copy.deepcopy(raw))


def settled(resource: Any) -> Any:
    """With "no" where the API may show nothing."""
    return resource and {k: bool(v) if k in SWITCHES else v for k, v in resource.items()}


def planned(raw: Raw | None, options: dict[str, Any]) -> Plan:
    """The plan, made without touching what it is made from. Refusals aren't looked at here."""
    current = snake(raw)
    given_options = copy.deepcopy(options)
    try:
        desired = DesiredInstance.from_options(options)
        wish_before = copy.deepcopy(desired)
        plan = plan_instance(current, desired)
        assert desired == wish_before
    except InputError:
        assume(False)
        raise
    finally:
        assert current == snake(raw)
        assert options == given_options
    return plan


def carry_out(raw: Raw | None, plan: Plan, environment: str = "DEVELOPMENT") -> Raw | None:
    """Every step in turn, each looked at closely."""
    for step in plan.steps:
        before, raw = raw, execute(raw, step, environment)  # Refused: its precondition didn't hold
        was, now = settled(snake(before)), settled(snake(raw))
        assert step.before == {} or before is None or shows(was, step.before)
        assert step.is_reached(snake(raw)) or step.blind
        assert not step.is_reached(snake(before))
        if before is not None and raw is not None:
            changed = {key for key in now if now[key] != was[key]}
            assert changed == set(step.after)
        if raw is not None:
            assert shows(now, step.after)
    return raw


def check(raw: Raw | None, options: dict[str, Any], environment: str = "DEVELOPMENT") -> None:
    plan = planned(raw, options)
    final = carry_out(raw, plan, environment)
    assert plan.changed == bool(plan.steps) == bool(plan.operations)
    if raw is not None and plan.changed:
        assert settled(plan.predicted) == settled(snake(final))
    elif plan.predicted is not None:
        assert shows(settled(snake(final)), settled(plan.predicted))
    assert (plan.predicted is None) == (final is None)
    again = planned(final, options)
    assert again.operations == {"restarted": ["stop", "start"], "reset": ["reset"]}.get(
        options.get("state") or "present", []
    )
    assert again.repeats == (options.get("state") in ("restarted", "reset"))


@settings(max_examples=1000)
@given(instances, desired_states)
@example(  # an API that shows nothing where it means "no"
    {
        "id": 1,
        "name": "PEB4WEB01",
        "status": "ACTIVE",
        "monitoringEnabled": None,
        "monitoringAlerting": None,
        "backupStatus": None,
        "replicationStatus": True,
        "off": None,
    },
    {"name": "PEB4WEB01", "replication": {"enabled": False}, "monitoring": {"alerting": True}},
)
def test_applied_it_has_nothing_left_to_do(raw: Raw, options: dict[str, Any]) -> None:
    check(raw, options)


@settings(max_examples=400)
@given(creations, st.sampled_from(["DEVELOPMENT", "PRODUCTION"]))
def test_created_it_has_nothing_left_to_do(options: dict[str, Any], environment: str) -> None:
    if environment == "PRODUCTION":
        for option in ("monitoring", "backup", "replication"):
            if (options.get(option) or {}).get("enabled") is False:
                options = {**options, option: {**options[option], "reason": "because"}}
    check(None, options, environment)


@settings(max_examples=400)
@given(st.tuples(instances, desired_states) | st.tuples(st.none(), creations))
def test_what_a_dry_run_sends_is_valid_as_things_stand(
    case: tuple[Raw | None, dict[str, Any]],
) -> None:
    raw, options = case
    for step in planned(raw, options).steps:
        if not step.waits_for_previous:
            execute(raw, step)


@settings(max_examples=400)
@given(instances, desired_states)
def test_the_diff_shows_what_changes(raw: Raw, options: dict[str, Any]) -> None:
    plan = planned(raw, options)
    diff = plan.diff()
    was = settled(snake(raw))
    assert shows(was, diff["before"])
    assert diff["before_header"] == diff["after_header"] == "instance PEB4WEB01"
    if plan.operations[-1:] == ["delete"]:
        assert diff["after"] == {}
        assert diff["before"]["name"] == "PEB4WEB01"
        return
    assert set(diff["before"]) == set(diff["after"])
    if options.get("state") != "restarted":  # back to where it was
        for key, value in diff["after"].items():
            assert was[key] != value


@settings(max_examples=300)
@given(instances, desired_states)
def test_the_change_reference_goes_along(raw: Raw, options: dict[str, Any]) -> None:
    for step in planned(raw, options).steps:
        takes_one = step.label in ("stop", "start", "resize", "delete")
        sent = (step.body or {}).get("options", step.body or {})
        assert sent.get("changeReference") == (
            (options.get("change_reference") or None) if takes_one else None
        )
