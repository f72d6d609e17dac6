# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several writes are checked for.

Each write (in ``creation``, ``operations``, ``snapshots``) checks a request against the store and returns
the ``Change`` to start; none of them changes anything. So a dry run is a check whose change is thrown away.
"""

from __future__ import annotations

from .catalogue import parse_sizing
from .instance import Instance
from .places import PRODUCTION
from .problems import Problem, inconsistent, invalid
from .store import Store


def find(store: Store, identity: int) -> Instance:
    instance = store.instances.get(identity)
    if instance is None:
        raise Problem(404, f"No instance with id {identity}", field="id", code="NOT_FOUND")
    return instance


def find_idle(store: Store, identity: int) -> Instance:
    instance = find(store, identity)
    running = store.running.get(identity)
    if running is not None:
        raise Problem(
            409,
            f"Action {running.id} ({running.process}) is in progress on {instance.name}",
            code="ACTION_IN_PROGRESS",
        )
    return instance


def need_status(instance: Instance, status: str, verb: str) -> None:
    if instance.path("status") != status:
        raise Problem(
            400,
            f"Cannot {verb} {instance.name}: status is {instance.path('status')}, not {status}",
            field="status",
            code="INVALID_STATUS",
        )


def need_sizing(field: str, text: str) -> tuple[int, int]:
    """Its CPUs and GB."""
    sizing = parse_sizing(text)
    if sizing is None:
        raise inconsistent(field, f"no sizing '{text}'")
    return sizing


def need_reason(field: str, reason: str | None, occasion: str = "in production") -> None:
    if reason is None or not reason.strip():
        raise invalid(field, f"a reason is needed {occasion}")


def in_production(instance: Instance) -> bool:
    return bool(instance.path("environment") == PRODUCTION)
