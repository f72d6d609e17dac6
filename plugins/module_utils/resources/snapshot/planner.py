# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: current and wished state -> Plan. One active snapshot per instance, kept 3 days (contract, section 6)."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ...api.actions import Action, Deadline, Waiting, parse_time
from ...api.client import Client
from ...api.errors import InputError, ItcareError
from ...api.limits import check_change_reference
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
from ...planning.plan import LOOKED_FOR, NEVER, Plan, Resource, Result, Step
from ...planning.watch import SNAPSHOT, list_others
from ..selection.selection import Selection, refuse_all, resolve, unmade
from .state import (
    SNAPSHOTS,
    active,
    listed,
    read_one,
    report,
    server_now,
    snapshots_of,
    with_snapshots,
)

DESCRIPTION_LENGTH = 100
ALREADY = "already recovered at"
CLOCKS = datetime.timedelta(minutes=10)  # so far may those of the service lie apart
SOON = "when this is done"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_age(text: str) -> datetime.timedelta:
    """`90m`, `12h`, `2d`."""
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhd])", text.strip(), re.I)
    if not found or int(found[1]) == 0:
        raise InputError(
            f"max_age is a number with a unit s, m, h or d, such as 12h or 2d, not '{text}'."
        )
    return datetime.timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()])


@dataclass(frozen=True)
class SnapshotWish:
    """What a task asks for, checked."""

    state: str = "present"
    description: str | None = None
    change_reference: str | None = None
    max_age: datetime.timedelta | None = None
    replace: bool = False
    snapshot_id: str | None = None
    force: bool = False

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> SnapshotWish:
        """Raises InputError before the first request."""
        description = options.get("description")
        if description is not None and len(description) > DESCRIPTION_LENGTH:
            raise InputError(
                f"description has at most {DESCRIPTION_LENGTH} characters; this one has {len(description)}."
            )
        state = options.get("state") or "present"
        for option in ("max_age", "replace", "description"):
            if state != "present" and options.get(option):
                raise InputError(
                    f"{option} goes with state: present only, not with state: {state}."
                )
        if options.get("force") and state != "recovered":
            raise InputError(f"force goes with state: recovered only, not with state: {state}.")
        snapshot_id = options.get("snapshot_id")
        if snapshot_id is not None and not snapshot_id.strip():  # to find none such isn't "absent"
            raise InputError("snapshot_id must not be empty: leave it out for any snapshot.")
        max_age = options.get("max_age")
        return cls(
            state=state,
            description=description or None,
            change_reference=check_change_reference(options.get("change_reference")),
            max_age=None if max_age is None else parse_age(max_age),
            replace=bool(options.get("replace")),
            snapshot_id=snapshot_id,
            force=bool(options.get("force")),
        )


def plan_snapshot(instance: Resource, wish: SnapshotWish, now: datetime.datetime) -> Plan:
    """What leads from the instance's snapshots, in snake case, to the wish."""
    name = str(instance.get("name") or instance.get("id"))
    there = active(snapshots_of(instance), now, wish.snapshot_id)
    snapshot = there[0] if there else None
    plan = Plan("snapshot of", name, instance)
    named = snapshot is not None and wish.snapshot_id in (None, snapshot["id"])
    if wish.state == "absent":
        if named:
            plan.steps += _delete_all(there, wish)
            plan.checked_at_end = wish.snapshot_id is None
    elif wish.state == "recovered":
        if snapshot is None or not named:
            wanted = f"snapshot '{wish.snapshot_id}'" if wish.snapshot_id else "snapshot"
            other = f" (it has '{snapshot['id']}')" if snapshot else ""
            raise InputError(f"{name} has no {wanted} to recover{other}")
        _check_newest(name, there, now)
        if not snapshot.get("recovered_at") or wish.force:
            plan.steps.append(_recover(snapshot, wish))
            plan.repeats = wish.force
        else:
            plan.warnings.append(f"{name}: {ALREADY} {snapshot['recovered_at']}")
    elif snapshot is None:
        plan.steps.append(_create(wish, now, snapshots_of(instance)))
        plan.repeats = wish.replace
    elif wish.replace or _too_old(name, snapshot, wish, now):
        if not named:
            raise InputError(
                f"{name} has the snapshot '{snapshot['id']}', not '{wish.snapshot_id}', so it isn't replaced"
            )
        if wish.snapshot_id and len(there) > 1:
            raise InputError(
                f"{name} has the snapshot '{there[1]['id']}' too, and there can be no new one beside it, so "
                f"'{wish.snapshot_id}' isn't replaced"
            )
        plan.steps += _delete_all(there, wish)
        plan.steps.append(_create(wish, now, snapshots_of(instance), replaced=snapshot))
        plan.repeats = wish.replace  # one that was too old won't be twice
    return plan


def _check_newest(name: str, there: t.Sequence[Resource], now: datetime.datetime) -> None:
    """The call that recovers can't say which one, so an older one of several can't be recovered for sure."""
    newest, wanted = active(there, now)[0], there[0]
    if newest["id"] != wanted["id"]:
        raise InputError(
            f"{name} has the snapshot '{newest['id']}' too, which is newer, and ITCare can't be told which one to recover: "
            f"delete that one first, if '{wanted['id']}' shall be recovered"
        )


def _too_old(name: str, snapshot: Resource, wish: SnapshotWish, now: datetime.datetime) -> bool:
    if wish.max_age is None:
        return False
    created = parse_time(snapshot.get("created_at"))
    if created is None:
        shown = snapshot.get("created_at")
        why = (
            f"ITCare doesn't show when the snapshot of {name} was made"
            if shown in (None, "")
            else f"when the snapshot of {name} was made, {shown!r}, can't be read as a date"
        )
        raise InputError(f"{why}, so max_age can't be compared")
    return now - created > wish.max_age


def _shown(snapshot: t.Any) -> t.Any:
    """What a diff shows of a snapshot, of several, or of none."""
    if isinstance(snapshot, list):
        return [_shown(one) for one in snapshot]
    fields = ("id", "description", "change_reference", "created_at", "expires_at", "recovered_at")
    return snapshot and {key: snapshot[key] for key in fields if snapshot.get(key)}


def _delete_all(there: t.Sequence[Resource], wish: SnapshotWish) -> list[Step]:
    """The one that is named, else all, the current one last."""
    steps, left = [], list(there)
    for snapshot in reversed([s for s in there if wish.snapshot_id in (None, s["id"])]):
        before = left
        left = [s for s in left if s["id"] != snapshot["id"]]
        steps.append(_delete(snapshot, before, left, alone=len(there) == 1))
    return steps


def _instead(old: t.Any, new: t.Any) -> t.Any:
    """One snapshot in the place of another: what only the old one has isn't kept when the two are merged."""
    return {**dict.fromkeys(old), **new} if isinstance(new, dict) else new


def _path(snapshot: Resource) -> str:
    return f"{SNAPSHOTS}/{quote(str(snapshot['id']), safe='')}"


def _delete(
    snapshot: Resource, before: list[Resource], left: list[Resource], *, alone: bool
) -> Step:
    was, is_then = with_snapshots({}, before), with_snapshots({}, left)
    is_then = {**dict.fromkeys(was, []), **is_then}
    changes = [key for key in was if was[key] != is_then[key]]

    def reached(current: Resource | None) -> bool:
        return snapshot["id"] not in [s["id"] for s in snapshots_of(current or {})]

    return Step(
        label="delete snapshot",
        method="DELETE",
        path=_path(snapshot),
        before={key: _shown(was[key]) for key in changes},
        after={key: _instead(was[key], is_then[key]) for key in changes},
        process="vm_delete_snapshot",
        reached=reached,
        told_by_process=alone,
    )


def _create(
    wish: SnapshotWish,
    now: datetime.datetime,
    known: t.Sequence[Resource],
    replaced: Resource | None = None,
) -> Step:
    body = {"description": wish.description, "changeReference": wish.change_reference}
    after = {"description": wish.description, "change_reference": wish.change_reference}
    old = [snapshot["id"] for snapshot in known]
    oldest = CLOCKS if wish.replace else wish.max_age

    def is_new(snapshot: Resource) -> bool:
        """Not one that there was before, whether the list showed it or not."""
        created = parse_time(snapshot.get("created_at"))
        late = oldest is not None and created is not None and now - created > oldest
        return snapshot["id"] not in old and not late

    def reached(current: Resource | None) -> bool:
        return any(map(is_new, snapshots_of(current or {})))

    return Step(
        label="create snapshot",
        method="POST",
        path=SNAPSHOTS,
        body={key: value for key, value in body.items() if value},
        before={"snapshot": _shown(replaced)},
        after={"snapshot": {key: value for key, value in after.items() if value}},
        process="vm_create_snapshot",
        reached=reached,
        waits_for_previous=replaced is not None,
    )


def _recover(snapshot: Resource, wish: SnapshotWish) -> Step:
    recovered_before = snapshot.get("recovered_at")

    def reached(current: Resource | None) -> bool:
        return any(
            found["id"] == snapshot["id"]
            and found.get("recovered_at") not in (None, recovered_before)
            for found in snapshots_of(current or {})
        )

    return Step(
        label="recover snapshot",
        method="PATCH",
        path=SNAPSHOTS,
        before={"snapshot": {"id": snapshot["id"], "recovered_at": recovered_before}},
        after={"snapshot": {"id": snapshot["id"], "recovered_at": SOON}},
        process="vm_recover_snapshot",
        reached=reached,
        # A second one would throw away what was done since the first; without `force` the first one shows.
        again=NEVER if wish.force else LOOKED_FOR,
    )


# -- doing ------------------------------------------------------------------------------------------------------------


def foresee(instance: Resource | None, action: Action) -> Resource | None:
    """The instance with its snapshots once an action in progress has ended well, as far as its process tells."""
    if instance is None:
        return None
    there = snapshots_of(instance)
    began = action.get("submitted_at") or action.get("last_updated_at")
    process = action.get("process")
    if process == "vm_create_snapshot" and not there:
        return with_snapshots(instance, [{"id": None, "created_at": began}])
    if process == "vm_delete_snapshot" and len(there) == 1:  # of several, nobody knows which
        return with_snapshots(instance, [])
    if process == "vm_recover_snapshot" and there and not there[0].get("recovered_at"):
        return with_snapshots(instance, [{**there[0], "recovered_at": began or SOON}, *there[1:]])
    return instance


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
