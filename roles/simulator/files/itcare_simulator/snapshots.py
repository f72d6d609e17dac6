# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, recovering and deleting snapshots: what is refused, what happens."""

from __future__ import annotations

from typing import Any

from .action import ActionFailed, Change
from .checks import find_idle
from .clock import stamp
from .instance import Instance, make_snapshot
from .models import SnapshotBody
from .problems import Problem
from .store import Store


def _need_snapshot(instance: Instance, identity: str | None = None) -> dict[str, Any]:
    """The snapshot of this id, or the newest."""
    snapshots = instance.snapshots()
    if not snapshots:
        raise Problem(404, f"{instance.name} has no snapshot", field="snapshot", code="NOT_FOUND")
    for snapshot in sorted(snapshots, key=lambda s: str(s.get("createdAt")), reverse=True):
        if identity in (None, snapshot["id"]):
            return snapshot
    message = f"{instance.name} has no snapshot '{identity}'"
    raise Problem(404, message, field="snapshotId", code="NOT_FOUND")


def create(store: Store, identity: int, body: SnapshotBody | None, by: str) -> Change:
    instance = find_idle(store, identity)
    for snapshot in instance.snapshots():
        message = f"{instance.name} already has the snapshot {snapshot['id']}"
        raise Problem(409, message, code="SNAPSHOT_EXISTS")
    body = body or SnapshotBody()

    def apply(when: float) -> None:
        instance.snapshot = make_snapshot(
            instance,
            store.next_snapshot_number(),
            when,
            by=by,
            description=body.description,
            change_reference=body.changeReference,
        )
        store.expire_later(instance, instance.snapshot)
        store.changed(instance, "snapshot")

    return Change.on(instance, "vm_create_snapshot", apply)


def recover(store: Store, identity: int) -> Change:
    instance = find_idle(store, identity)
    wanted = _need_snapshot(instance)["id"]

    def apply(when: float) -> None:
        snapshot = next((s for s in instance.snapshots() if s["id"] == wanted), None)
        if snapshot is None:
            raise ActionFailed(f"Snapshot {wanted} has expired")
        instance.put_snapshot(wanted, {**snapshot, "recoveredAt": stamp(when)})
        store.changed(instance, "snapshot")

    return Change.on(instance, "vm_recover_snapshot", apply)


def delete(store: Store, identity: int, snapshot: str) -> Change:
    instance = find_idle(store, identity)
    _need_snapshot(instance, snapshot)

    def apply(when: float) -> None:
        instance.put_snapshot(snapshot, None)
        store.changed(instance, "snapshot")

    return Change.on(instance, "vm_delete_snapshot", apply)
