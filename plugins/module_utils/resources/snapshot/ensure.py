# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources: the work of the module itcare_snapshot."""

from __future__ import annotations

import datetime
import typing as t

from ...api.actions import Deadline, Waiting
from ...api.client import Client
from ...api.errors import InputError, ItcareError
from ...planning.bulk import (
    NAMED,
    PartialFailureError,
    Row,
    actions_of,
    apply_all,
    check_concurrency,
    diffs_of,
    operations_of,
    warnings_of,
)
from ...planning.plan import Plan, Resource
from ...planning.watch import SNAPSHOT, list_others
from ...result import Result
from ..selection.selection import Selection, refuse_all, resolve, unmade
from .desired import SnapshotWish
from .planner import ALREADY, foresee, plan_snapshot
from .state import listed, read_one, report, server_now


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_snapshot."""
    wish = SnapshotWish.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    concurrency = check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    refuse_all(selection)
    # Actions first: what ends between the two is in the state already.
    others = list_others(client, **selection.alone, complete=bool(selection.alone))
    instances, unseen = listed(
        client,
        resolve(client, selection, options.get("max_targets")),
        ask=wish.state != "present",
        insist=wish.state == "recovered",
        snapshot_id=wish.snapshot_id,
    )
    now = server_now(client)
    rows = apply_all(
        client,
        instances,
        lambda instance: _plan(client, instance or {}, wish, now),
        lambda instance: read_one(client, instance, wish.snapshot_id),
        deadline,
        concurrency=concurrency,
        read_back=True,
        listed=others,
        contradicted_by=SNAPSHOT,
        foresee=foresee,
    )
    for row in rows:
        _say_what_is_left(client, row)
    values = {
        "snapshots": [_row_report(client, row) for row in rows],
        "operations": operations_of(rows),
        "itcare_actions": actions_of(rows),
    }
    warnings = [*unseen, *_warnings(rows)]
    if any(row.error for row in rows):
        raise PartialFailureError(rows, warnings=warnings, **values)
    return Result(any(row.changed for row in rows), values, diffs_of(rows), warnings)


def _plan(client: Client, instance: Resource, wish: SnapshotWish, now: datetime.datetime) -> Plan:
    try:
        return plan_snapshot(instance, wish, now)
    except InputError as error:
        if instance.get("snapshot"):
            raise
        raise InputError(f"{error}{unmade(client)}") from error


def _warnings(rows: list[Row]) -> list[str]:
    """What the plans warn of; one for all that were recovered already."""
    every = warnings_of(rows)
    already = [warning for warning in every if ALREADY in warning]
    warnings = [warning for warning in every if ALREADY not in warning]
    if already:
        more = f"; and {len(already) - NAMED} more" if len(already) > NAMED else ""
        warnings.append(
            f"{'; '.join(already[:NAMED])}{more}. Nothing was done there: force: true recovers a snapshot again."
        )
    return warnings


def _row_report(client: Client, row: Row) -> dict[str, t.Any]:
    line = {**report(client, row.instance, row.outcome.current), **row.report()}
    line.pop("id")
    line.pop("name")
    return line


def _say_what_is_left(client: Client, row: Row) -> None:
    """A replacement that ends between its two steps leaves nothing to go back to: that must be said."""
    halfway = (
        row.plan.operations[-1:] == ["create snapshot"]
        and "delete snapshot" in row.outcome.operations
    )
    if not row.error or not halfway:
        return
    try:
        row.outcome.current = read_one(client, row.instance)
    except ItcareError:
        row.outcome.current = {**row.instance, "snapshot": None}
    if row.outcome.current["snapshot"] is None:
        text = f"{row.error} The old snapshot was deleted before: {row.instance.get('name')} has no snapshot now."
        row.error = ItcareError(text, **row.error.details)
