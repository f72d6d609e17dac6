# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_snapshot."""

from __future__ import annotations

import datetime
import typing as t

from ...api.actions import Deadline, Waiting
from ...api.client import Client
from ...api.errors import InputError, ItcareError
from ...api.shapes import Instance
from ...planning import bulk
from ...planning.others import SNAPSHOT, list_others
from ...planning.plan import Plan, Resource
from ...planning.target import Goal
from ...result import Result
from ..selection.selection import Selection, refuse_all, resolve, unmade
from .desired import DesiredSnapshot
from .planner import ALREADY, plan_snapshot, with_effect
from .state import listed, read_one, report, server_now


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_snapshot."""
    desired = DesiredSnapshot.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    concurrency = bulk.check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    refuse_all(selection)
    # Actions first: what ends between the two is in the state already.
    others = list_others(client, **selection.alone, complete=bool(selection.alone))
    instances, unseen = listed(
        client,
        resolve(client, selection, options.get("max_targets")),
        ask=desired.state != "present",
        insist=desired.state == "recovered",
        snapshot_id=desired.snapshot_id,
    )
    now = server_now(client)
    results = bulk.apply_all(
        client,
        deadline,
        Goal(lambda found: _plan(client, found, desired, now), SNAPSHOT, with_effect),
        instances,
        lambda instance: read_one(client, instance, desired.snapshot_id),
        concurrency=concurrency,
        listed=others,
    )
    for result in results:
        _say_what_is_left(client, result)
    rows = [_row_report(client, result) for result in results]
    return bulk.result_of(results, [*unseen, *_warnings(results)], snapshots=rows)


def _plan(
    client: Client, found: Instance | None, desired: DesiredSnapshot, now: datetime.datetime
) -> Plan:
    instance = found or {}
    try:
        return plan_snapshot(instance, desired, now)
    except InputError as error:
        if instance.get("snapshot"):
            raise
        raise InputError(f"{error}{unmade(client)}") from error


def _warnings(results: list[bulk.InstanceResult]) -> list[str]:
    """What the plans warn of; one for all that were recovered already."""
    every = bulk.warnings_of(results)
    already = [warning for warning in every if ALREADY in warning]
    warnings = [warning for warning in every if ALREADY not in warning]
    if already:
        warnings.append(
            f"{bulk.named(already)}. Nothing was done there: force: true recovers a snapshot again."
        )
    return warnings


def _row_report(client: Client, result: bulk.InstanceResult) -> Resource:
    line = {**report(client, result.instance, result.outcome.current), **result.report()}
    line.pop("id")
    line.pop("name")
    return line


def _say_what_is_left(client: Client, result: bulk.InstanceResult) -> None:
    """A replacement that ends between its two steps leaves nothing to go back to: that must be said."""
    halfway = (
        result.plan.operations[-1:] == ["create snapshot"]
        and "delete snapshot" in result.outcome.operations
    )
    if not result.error or not halfway:
        return
    try:
        result.outcome.current = read_one(client, result.instance)
    except ItcareError:
        result.outcome.current = {**result.instance, "snapshot": None}
    if result.outcome.current["snapshot"] is None:
        text = f"{result.error} The old snapshot was deleted before: {result.instance.get('name')} has no snapshot now."
        result.error = ItcareError(text, **result.error.details)
