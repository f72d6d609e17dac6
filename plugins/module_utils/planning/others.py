# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. What others' actions mean for a task, and lists of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..api import actions
from ..api.client import Client
from ..api.errors import ApiError
from ..api.shapes import Action
from .plan import Step

# What an action must not do while a task is about power, existence or the snapshot: the server would end otherwise.
EXISTENCE = frozenset({"vm_create", "vm_delete"})
POWER = EXISTENCE | {"vm_start", "vm_stop", "vm_reset"}
SNAPSHOT = frozenset({"vm_create_snapshot", "vm_delete_snapshot", "vm_recover_snapshot"})
KNOWN = (
    POWER
    | SNAPSHOT
    | {
        "vm_resize",
        "vm_update_backup",
        "vm_update_monitoring",
        "vm_update_patch_party",
        "vm_update_storage_replication",
    }
)
NOT_SHOWN = (401, 403, 404, 501)  # this account, or this service, shows no actions


def contradicts(action: Action, processes: frozenset[str]) -> bool:
    """Whether an action may end in another state than the desired one; one of an unknown process may (docs/api.md#processes)."""
    process = action.get("process")
    return process in processes or process not in KNOWN


def is_of(action: Action, step: Step) -> bool:
    """Whether the action is of the process that the step starts."""
    return bool(step.process) and action.get("process") == step.process


def does_just(action: Action, step: Step) -> bool:
    """Whether the action does what the step would do, whatever it was asked for."""
    return step.told_by_process and is_of(action, step)


def may_be_of(action: Action, step: Step) -> bool:
    """The same, or of a process whose name isn't known here."""
    return is_of(action, step) or action.get("process") not in KNOWN


def ended_well(action: Action) -> bool:
    return bool(action["status"] == actions.SUCCESS)


def order(action: Action) -> tuple[bool, int | str]:
    """A key that sorts actions as they began."""
    identifier = action["id"]
    return (False, identifier) if isinstance(identifier, int) else (True, str(identifier))


@dataclass(frozen=True)
class Listed:
    """Actions as listed at one moment. `complete`: the ended ones too, so whatever isn't among them is new."""

    actions: list[Action]
    complete: bool
    warning: str | None = None

    @property
    def in_progress(self) -> list[Action]:
        return [action for action in self.actions if action["status"] == actions.IN_PROGRESS]

    @functools.cached_property
    def _by_name(self) -> dict[str | None, list[Action]]:
        found: dict[str | None, list[Action]] = {}
        for action in self.actions:
            found.setdefault(action.get("resource_name"), []).append(action)
        return found

    def of(self, name: str | None) -> Listed | None:
        """The part that is on the resource of this name; None where names can't tell, so that it is asked for alone."""
        if self.complete:  # of one resource, asked for by its name or id
            mine = [
                a for a in self.actions if name is None or a.get("resource_name") in (None, name)
            ]
        elif None in self._by_name:
            return None
        else:
            mine = self._by_name.get(name, [])
        return Listed(mine, self.complete, self.warning)


def list_others(
    client: Client, resource_id: int | str | None = None, name: str | None = None, *, complete: bool
) -> Listed:
    """The actions on one resource, by its id or else its name, or on all. Where they aren't shown: none, and a warning."""
    statuses = None if complete else (actions.IN_PROGRESS,)
    try:
        return Listed(actions.of_resource(client, resource_id, name, statuses), complete)
    except ApiError as error:
        return Listed([], False, unseen(error))


def unseen(error: ApiError) -> str:
    """What to say where actions aren't shown. Raises an error that means something else."""
    if error.status not in NOT_SHOWN or error.details.get("method") != "GET":
        raise error
    return f"What others have in progress can't be seen, so it isn't waited for: {error}"
