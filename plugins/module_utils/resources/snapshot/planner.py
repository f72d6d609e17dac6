# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection.
Snapshots: current and desired state -> Plan. One active snapshot per instance, kept 3 days (docs/api.md#snapshots).
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace
from urllib.parse import quote

from ...api.errors import InputError
from ...api.shapes import Action, Instance, Snapshot
from ...api.times import parse_time
from ...planning.plan import LOOKED_FOR, NEVER, Plan, Resource, Step
from .desired import DesiredSnapshot
from .state import SNAPSHOTS, active, snapshots_of, with_snapshots

ALREADY = "already recovered at"
CLOCKS = datetime.timedelta(minutes=10)  # so far may those of the service lie apart
SOON = "when this is done"


def plan_snapshot(instance: Instance, desired: DesiredSnapshot, now: datetime.datetime) -> Plan:
    """What leads from the instance's snapshots, in snake case, to the desired state."""
    name = str(instance.get("name") or instance.get("id"))
    there = active(snapshots_of(instance), now, desired.snapshot_id)
    snapshot = there[0] if there else None
    named = snapshot is not None and desired.snapshot_id in (None, snapshot["id"])
    plan = Plan("snapshot of", name, instance)
    if desired.state == "absent":
        if not named:
            return plan
        steps = tuple(_delete_all(there, desired))
        return replace(plan, steps=steps, checked_at_end=desired.snapshot_id is None)
    if desired.state == "recovered":
        if snapshot is None or not named:
            wanted = f"snapshot '{desired.snapshot_id}'" if desired.snapshot_id else "snapshot"
            other = f" (it has '{snapshot['id']}')" if snapshot else ""
            raise InputError(f"{name} has no {wanted} to recover{other}")
        _check_newest(name, there, now)
        if snapshot.get("recovered_at") and not desired.force:
            return replace(plan, warnings=(f"{name}: {ALREADY} {snapshot['recovered_at']}",))
        return replace(plan, steps=(_recover(snapshot, desired),), repeats=desired.force)
    if snapshot is None:
        old = []
    elif desired.replace or _too_old(name, snapshot, desired, now):
        if not named:
            raise InputError(
                f"{name} has the snapshot '{snapshot['id']}', not '{desired.snapshot_id}', so it isn't replaced"
            )
        if desired.snapshot_id and len(there) > 1:
            raise InputError(
                f"{name} has the snapshot '{there[1]['id']}' too, and there can be no new one beside it, so "
                f"'{desired.snapshot_id}' isn't replaced"
            )
        old = _delete_all(there, desired)
    else:
        return plan
    new = _create(desired, now, snapshots_of(instance), replaced=snapshot)
    # One that was too old won't be twice.
    return replace(plan, steps=(*old, new), repeats=desired.replace)


def _check_newest(name: str, there: t.Sequence[Snapshot], now: datetime.datetime) -> None:
    """The call that recovers can't say which one, so an older one of several can't be recovered for sure."""
    newest, wanted = active(there, now)[0], there[0]
    if newest["id"] != wanted["id"]:
        raise InputError(
            f"{name} has the snapshot '{newest['id']}' too, which is newer, and ITCare can't be told which one to recover: "
            f"delete that one first, if '{wanted['id']}' shall be recovered"
        )


def _too_old(
    name: str, snapshot: Snapshot, desired: DesiredSnapshot, now: datetime.datetime
) -> bool:
    if desired.max_age is None:
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
    return now - created > desired.max_age


def _shown(snapshot: t.Any) -> t.Any:
    """What a diff shows of a snapshot, of several, or of none."""
    if isinstance(snapshot, list):
        return [_shown(one) for one in snapshot]
    fields = ("id", "description", "change_reference", "created_at", "expires_at", "recovered_at")
    return snapshot and {key: snapshot[key] for key in fields if snapshot.get(key)}


def _delete_all(there: t.Sequence[Snapshot], desired: DesiredSnapshot) -> list[Step]:
    """The one that is named, else all, the current one last."""
    steps, left = [], list(there)
    for snapshot in reversed([s for s in there if desired.snapshot_id in (None, s["id"])]):
        before = left
        left = [s for s in left if s["id"] != snapshot["id"]]
        steps.append(_delete(snapshot, before, left, alone=len(there) == 1))
    return steps


def _instead(old: t.Any, new: t.Any) -> t.Any:
    """One snapshot in the place of another: what only the old one has isn't kept when the two are merged."""
    return {**dict.fromkeys(old), **new} if isinstance(new, dict) else new


def _path(snapshot: Snapshot) -> str:
    return f"{SNAPSHOTS}/{quote(str(snapshot['id']), safe='')}"


def _delete(
    snapshot: Snapshot, before: list[Snapshot], left: list[Snapshot], *, alone: bool
) -> Step:
    was: Resource = with_snapshots({}, before)
    is_then: Resource = {**dict.fromkeys(was, []), **with_snapshots({}, left)}
    changes = [key for key in was if was[key] != is_then[key]]

    def reached(current: Instance | None) -> bool:
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
    desired: DesiredSnapshot,
    now: datetime.datetime,
    known: t.Sequence[Snapshot],
    replaced: Snapshot | None = None,
) -> Step:
    body = {"description": desired.description, "changeReference": desired.change_reference}
    after = {"description": desired.description, "change_reference": desired.change_reference}
    old = [snapshot["id"] for snapshot in known]
    oldest = CLOCKS if desired.replace else desired.max_age

    def is_new(snapshot: Snapshot) -> bool:
        """Not one that there was before, whether the list showed it or not."""
        created = parse_time(snapshot.get("created_at"))
        late = oldest is not None and created is not None and now - created > oldest
        return snapshot["id"] not in old and not late

    def reached(current: Instance | None) -> bool:
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


def _recover(snapshot: Snapshot, desired: DesiredSnapshot) -> Step:
    recovered_before = snapshot.get("recovered_at")

    def reached(current: Instance | None) -> bool:
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
        again=NEVER if desired.force else LOOKED_FOR,
    )


def with_effect(instance: Instance | None, action: Action) -> Instance | None:
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
