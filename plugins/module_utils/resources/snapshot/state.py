# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Reading snapshots: which one counts, and asking for those that a list doesn't show (docs/api.md#snapshots).

An instance has its snapshot in the field `snapshot`, None without. ITCare keeps one; where an answer has several
nevertheless, the others are in `other_snapshots`.
"""

from __future__ import annotations

import datetime
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ...api.answers import Item, objects
from ...api.case import to_snake
from ...api.client import Client
from ...api.errors import ApiError, NotFoundError
from ...api.shapes import Instance, Snapshot
from ...api.times import parse_time
from ...planning.plan import Resource
from ..selection.queries import INSTANCES

SNAPSHOTS = f"{INSTANCES}/{{id}}/snapshots"
READERS = 8  # instances that are asked about at the same time
ALWAYS_ASKED = 50  # so many instances of which the list shows no snapshot cost little
SAMPLE = 20  # of more, where the list does know the field
REFUSED = frozenset({403, 405, 501})


# -- which one counts: pure -------------------------------------------------------------------------------------------


def read_snapshots(data: object) -> list[Snapshot]:
    """The snapshots in an answer, in snake case; none for every way to say that there is none."""
    if isinstance(data, dict) and "content" in data:
        data = data["content"]
    if not data:
        return []
    found = objects(data if isinstance(data, list) else [data], "the list of snapshots")
    return [to_snake(one) for one in found if one.get("id")]


def active(
    snapshots: t.Iterable[Snapshot], now: datetime.datetime, snapshot_id: str | None = None
) -> list[Snapshot]:
    """Those that haven't expired, the current one first: the one of this id, else the newest. Undated ones are last."""

    def rank(snapshot: Snapshot) -> tuple[bool, bool, float]:
        created = parse_time(snapshot.get("created_at"))
        named = snapshot_id is not None and snapshot["id"] == snapshot_id
        return named, created is not None, created.timestamp() if created else 0

    def expired(snapshot: Snapshot) -> bool:
        ends = parse_time(snapshot.get("expires_at"))
        return ends is not None and ends <= now

    return sorted((s for s in snapshots if not expired(s)), key=rank, reverse=True)


def seconds_left(snapshot: Snapshot, now: datetime.datetime) -> int | None:
    """Seconds until the snapshot expires, 0 when it has; None when ITCare doesn't show the end."""
    ends = parse_time(snapshot.get("expires_at"))
    return None if ends is None else max(0, int((ends - now).total_seconds()))


def snapshots_of(instance: Instance) -> list[Snapshot]:
    """All that an instance has, the current one first."""
    current = instance.get("snapshot")
    return [*([current] if current else []), *(instance.get("other_snapshots") or [])]


def with_snapshots(instance: Instance, snapshots: t.Sequence[Snapshot]) -> Instance:
    """The instance with these, the current one first."""
    changed: Instance = {**instance, "snapshot": snapshots[0] if snapshots else None}
    changed.pop("other_snapshots", None)
    if len(snapshots) > 1:
        changed["other_snapshots"] = list(snapshots[1:])
    return changed


# -- asking -----------------------------------------------------------------------------------------------------------


def server_now(client: Client) -> datetime.datetime:
    """The server's clock, to whose times a snapshot's are compared; ours where it doesn't tell."""
    return client.server_time or datetime.datetime.now(datetime.timezone.utc)


def read_active(client: Client, instance_id: object, snapshot_id: str | None) -> list[Snapshot]:
    """An instance's snapshots as they are now, the current one first."""
    try:
        data = client.get(SNAPSHOTS.replace("{id}", str(instance_id)))
    except NotFoundError:  # one more way to say none, or the instance itself is gone
        data = None
    return active(read_snapshots(data), server_now(client), snapshot_id)


def read_one(client: Client, instance: Instance, snapshot_id: str | None = None) -> Instance:
    """The instance with its snapshot as it is now."""
    return with_snapshots(instance, read_active(client, instance["id"], snapshot_id))


def listed(
    client: Client,
    found: t.Sequence[Item],
    *,
    ask: bool,
    insist: bool = False,
    snapshot_id: str | None = None,
) -> tuple[list[Instance], list[str]]:
    """Listed instances in snake case with their snapshots, and warnings.

    `ask` looks for snapshots that the list doesn't show, as far as that is worth its requests; with `insist` for every
    one that is missing.
    """
    now = server_now(client)
    instances = [
        with_snapshots(
            to_snake({**instance, "snapshot": None}),
            active(read_snapshots(instance.get("snapshot")), now, snapshot_id),
        )
        for instance in found
    ]
    inquiry = _Inquiry(client, instances, snapshot_id, insist)
    dark = [
        n
        for n, instance in enumerate(instances)
        if not inquiry.is_shown(instance) and instance.get("id") is not None
    ]
    if not ask:
        return instances, []
    if insist or len(dark) <= ALWAYS_ASKED or not any("snapshot" in instance for instance in found):
        inquiry.ask(dark)
    elif len(dark) == len(found):
        sample = [dark[n * (len(dark) - 1) // (SAMPLE - 1)] for n in range(SAMPLE)]
        if inquiry.ask(sample):
            inquiry.ask([n for n in dark if n not in set(sample)])
    return instances, inquiry.warnings


@dataclass
class _Inquiry:
    """Asks about instances one by one, some at the same time, and puts what it learns into the list."""

    client: Client
    instances: list[Instance]
    snapshot_id: str | None
    insist: bool
    warnings: list[str] = field(default_factory=list)

    def is_shown(self, instance: Instance) -> bool:
        """Whether the instance has what is looked for."""
        snapshot = instance["snapshot"]
        if snapshot is None:
            return False
        return not self.insist or self.snapshot_id in (None, snapshot["id"])

    def ask(self, numbers: t.Sequence[int]) -> bool:
        """Whether any of the instances of these places in the list has a snapshot."""
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            return any(list(pool.map(self._ask_one, numbers)))

    def _ask_one(self, number: int) -> bool:
        if self.warnings:  # refused once is refused
            return False
        try:
            instance = read_one(self.client, self.instances[number], self.snapshot_id)
        except ApiError as error:
            if self.insist or error.status not in REFUSED:
                raise
            self.warnings[:] = [
                f"Snapshots that the instance list doesn't show are unknown: {error}"
            ]
            return False
        self.instances[number] = instance
        return instance["snapshot"] is not None


def report(client: Client, instance: Resource, current: Resource | None) -> Resource:
    """An instance's line in a result."""
    snapshot = (current or {}).get("snapshot")
    if snapshot:
        snapshot = {**snapshot, "seconds_left": seconds_left(snapshot, server_now(client))}
    return {
        "instance_id": instance.get("id"),
        "instance_name": instance.get("name"),
        "snapshot": snapshot,
    }
