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

from .actions import Waiting, parse_time
from .bulk import (
    PartialFailureError,
    Row,
    actions_of,
    carry_out_all,
    check_concurrency,
    diffs_of,
    operations_of,
)
from .client import Client
from .errors import InputError, ItcareError
from .limits import check_change_reference
from .naming import to_snake
from .plan import Plan, Resource, Result, Step
from .selection import INSTANCES, Selection, fetch, resolve

DESCRIPTION_LENGTH = 100
SNAPSHOTS = f"{INSTANCES}/{{id}}/snapshots"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_snapshot(data: t.Any) -> dict[str, t.Any] | None:
    """The snapshot in an answer. None for every way to say that there is none (contract, section 5)."""
    if isinstance(data, dict) and "content" in data:
        data = data["content"]
    if isinstance(data, list):
        data = data[0] if data else None
    return data if isinstance(data, dict) and data.get("id") not in (None, "") else None


def parse_age(text: str) -> datetime.timedelta:
    """`90m`, `12h`, `2d`."""
    found = re.fullmatch(r"(\d+)\s*([smhd])", text.strip(), re.I)
    if not found or not 0 < int(found[1]) < 10**6:
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
        max_age = options.get("max_age")
        return cls(
            state=state,
            description=description or None,
            change_reference=check_change_reference(options.get("change_reference")),
            max_age=None if max_age is None else parse_age(max_age),
            replace=bool(options.get("replace")),
            snapshot_id=options.get("snapshot_id"),
            force=bool(options.get("force")),
        )


def plan_snapshot(instance: Resource, wish: SnapshotWish, now: datetime.datetime) -> Plan:
    """What leads from the instance's snapshot (its field `snapshot`, snake case, None without) to the wish."""
    name = str(instance.get("name") or instance.get("id"))
    snapshot: Resource | None = instance.get("snapshot")
    plan = Plan("snapshot of", name, instance)
    named = snapshot is not None and wish.snapshot_id in (None, snapshot["id"])
    if wish.state == "absent":
        if snapshot is not None and named:
            plan.steps.append(_delete(snapshot))
    elif wish.state == "recovered":
        if snapshot is None or not named:
            wanted = f"snapshot '{wish.snapshot_id}'" if wish.snapshot_id else "snapshot"
            other = f" (it has '{snapshot['id']}')" if snapshot else ""
            raise InputError(f"{name} has no {wanted} to recover{other}")
        if not snapshot.get("recovered_at") or wish.force:
            plan.steps.append(_recover(snapshot))
            plan.repeats = wish.force
    elif snapshot is None:
        plan.steps.append(_create(wish, None))
        plan.repeats = wish.replace
    elif wish.replace or _too_old(name, snapshot, wish, now):
        if not named:
            raise InputError(
                f"{name} has the snapshot '{snapshot['id']}', not '{wish.snapshot_id}', so it isn't replaced"
            )
        plan.steps += [_delete(snapshot), _create(wish, snapshot)]
        plan.repeats = wish.replace  # one that was too old won't be twice
    return plan


def _too_old(name: str, snapshot: Resource, wish: SnapshotWish, now: datetime.datetime) -> bool:
    if wish.max_age is None:
        return False
    created = parse_time(snapshot.get("created_at"))
    if created is None:
        raise InputError(
            f"ITCare doesn't show when the snapshot of {name} was made, so max_age can't be compared"
        )
    return now - created > wish.max_age


def _shown(snapshot: Resource) -> Resource:
    fields = ("id", "description", "change_reference", "created_at", "expires_at", "recovered_at")
    return {key: snapshot[key] for key in fields if snapshot.get(key)}


def _delete(snapshot: Resource) -> Step:
    return Step(
        label="delete snapshot",
        method="DELETE",
        path=f"{SNAPSHOTS}/{quote(str(snapshot['id']), safe='')}",
        before={"snapshot": _shown(snapshot)},
        after={"snapshot": None},
        process="vm_delete_snapshot",
    )


def _create(wish: SnapshotWish, replaced: Resource | None) -> Step:
    body = {"description": wish.description, "changeReference": wish.change_reference}
    after = {"description": wish.description, "change_reference": wish.change_reference}
    old = replaced["id"] if replaced else None

    def reached(current: Resource | None) -> bool:
        return bool(current and current.get("snapshot") and current["snapshot"]["id"] != old)

    return Step(
        label="create snapshot",
        method="POST",
        path=SNAPSHOTS,
        body={key: value for key, value in body.items() if value},
        before={"snapshot": _shown(replaced) if replaced else None},
        after={"snapshot": {key: value for key, value in after.items() if value}},
        process="vm_create_snapshot",
        reached=reached,
        waits_for_previous=replaced is not None,
    )


def _recover(snapshot: Resource) -> Step:
    recovered_before = snapshot.get("recovered_at")

    def reached(current: Resource | None) -> bool:
        found = (current or {}).get("snapshot") or {}
        return found.get("id") == snapshot["id"] and found.get("recovered_at") not in (
            None,
            recovered_before,
        )

    return Step(
        label="recover snapshot",
        method="PATCH",
        path=SNAPSHOTS,
        before={"snapshot": {"id": snapshot["id"], "recovered_at": recovered_before}},
        after={"snapshot": {"id": snapshot["id"], "recovered_at": "when this is done"}},
        process="vm_recover_snapshot",
        reached=reached,
    )


# -- doing ------------------------------------------------------------------------------------------------------------


def server_now(client: Client) -> datetime.datetime:
    """The server's clock, to whose times a snapshot's are compared; ours where it doesn't tell."""
    return client.server_time or datetime.datetime.now(datetime.timezone.utc)


def in_snake(instance: dict[str, t.Any]) -> Resource:
    """A listed instance in snake case, with its snapshot or None."""
    return t.cast(
        Resource, to_snake({**instance, "snapshot": read_snapshot(instance.get("snapshot"))})
    )


def read_one(client: Client, instance: Resource) -> Resource:
    """The instance with its snapshot as it is now."""
    found = read_snapshot(client.get(SNAPSHOTS.replace("{id}", str(instance["id"]))))
    return {**instance, "snapshot": to_snake(found)}


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_snapshot."""
    wish = SnapshotWish.from_options(options)
    waiting = Waiting.from_options(options)
    concurrency = check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    instances = [
        in_snake(found) for found in resolve(client, selection, options.get("max_targets"))
    ]
    now = server_now(client)
    rows = carry_out_all(
        client,
        instances,
        lambda instance: plan_snapshot(instance, wish, now),
        lambda instance: read_one(client, instance),
        waiting,
        concurrency=concurrency,
        read_back=True,
    )
    for row in rows:
        _say_what_is_left(client, row)
    values = {
        "snapshots": [_row_report(client, row) for row in rows],
        "operations": operations_of(rows),
        "itcare_actions": actions_of(rows),
    }
    if any(row.error for row in rows):
        raise PartialFailureError(rows, **values)
    return Result(any(row.changed for row in rows), values, diffs_of(rows))


def _row_report(client: Client, row: Row) -> dict[str, t.Any]:
    report = {**_report(client, row.instance, row.outcome.current), **row.report()}
    report.pop("id")
    report.pop("name")
    return report


def _say_what_is_left(client: Client, row: Row) -> None:
    """A replacement that ends between its two steps leaves nothing to go back to: that must be said."""
    halfway = row.outcome.operations == ["delete snapshot"] and row.plan.operations[-1:] == [
        "create snapshot"
    ]
    if not row.error or not halfway:
        return
    try:
        row.outcome.current = read_one(client, row.instance)
    except ItcareError:
        row.outcome.current = {**row.instance, "snapshot": None}
    if row.outcome.current["snapshot"] is None:
        text = f"{row.error} The old snapshot was deleted before: {row.instance.get('name')} has no snapshot now."
        row.error = ItcareError(text, **row.error.details)


def _report(client: Client, instance: Resource, current: Resource | None) -> dict[str, t.Any]:
    snapshot = (current or {}).get("snapshot")
    if snapshot:
        snapshot = {**snapshot, "seconds_left": seconds_left(snapshot, server_now(client))}
    return {
        "instance_id": instance.get("id"),
        "instance_name": instance.get("name"),
        "snapshot": snapshot,
    }


def seconds_left(snapshot: t.Mapping[str, t.Any], now: datetime.datetime) -> int | None:
    """Seconds until the snapshot expires, 0 when it has; None when ITCare doesn't show the end."""
    ends = parse_time(snapshot.get("expires_at"))
    return None if ends is None else max(0, int((ends - now).total_seconds()))


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_snapshot_info."""
    found = [in_snake(instance) for instance in fetch(client, Selection.from_options(options))]
    return Result(False, {"snapshots": [_report(client, instance, instance) for instance in found]})
