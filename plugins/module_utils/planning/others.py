# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. What others have in progress on a resource: looked at before its state, as the other order would be a race."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..api import actions
from ..api.actions import Action, Deadline
from ..api.client import Client
from ..api.errors import ActionTimeoutError, ApiError
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
    """Whether an action may end in another state than the desired one; one of an unknown process may."""
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


@dataclass(frozen=True)
class Listed:
    """Actions as listed at one moment. `complete`: the ended ones too, so whatever isn't among them is new."""

    actions: list[Action]
    complete: bool
    warning: str | None = None

    @property
    def in_progress(self) -> list[Action]:
        return [action for action in self.actions if action["status"] == actions.IN_PROGRESS]


def list_others(
    client: Client, resource_id: t.Any = None, name: str | None = None, *, complete: bool
) -> Listed:
    """The actions on one resource, by its id or else its name, or on all. Where they aren't shown: none, and a warning."""
    status = None if complete else actions.IN_PROGRESS
    try:
        return Listed(actions.of_resource(client, resource_id, name, status), complete)
    except ApiError as error:
        if error.status not in NOT_SHOWN or error.details.get("method") != "GET":
            raise
        return Listed([], False, _unseen(error))


def _unseen(error: ApiError) -> str:
    return f"What others have in progress can't be seen, so it isn't waited for: {error}"


class Watch:
    """The actions on one resource: those before this task's first write, those since, and its own."""

    def __init__(
        self,
        client: Client,
        deadline: Deadline,
        name: str | None,
        before: Listed | None = None,
        read_at: datetime.datetime | None = None,
    ) -> None:
        """`read_at`: when the state was read, on the server's clock; by now if it isn't given."""
        if before is not None and name is not None:  # asked for by id, when the name wasn't known
            mine = [a for a in before.actions if a.get("resource_name") in (None, name)]
            before = Listed(mine, before.complete, before.warning)
        self.before = before
        self.own: set[t.Any] = set()
        self.warnings: list[str] = []
        self._client = client
        self._deadline = deadline
        self._name = name
        self._began = read_at or client.server_time
        self._seen: set[t.Any] = set()
        if before is not None:
            self._take(before)

    def _take(self, listed: Listed) -> None:
        self._seen |= {action["id"] for action in listed.actions}
        self._note(listed)

    def _note(self, listed: Listed) -> None:
        if listed.warning and listed.warning not in self.warnings:
            self.warnings.append(listed.warning)

    def _list(self, resource_id: t.Any) -> Listed:
        return list_others(self._client, resource_id, self._name, complete=True)

    def look(self, resource_id: t.Any) -> tuple[list[Action], bool]:
        """What is in progress before the first write, and whether the state read before is still the present one."""
        if self.before is not None:
            return self.before.in_progress, True
        self.before = self._list(resource_id)
        self._take(self.before)
        ended = (a for a in self.before.actions if a["status"] != actions.IN_PROGRESS)
        return self.before.in_progress, not any(
            actions.touched_since(action, self._began) for action in ended
        )

    @property
    def complete(self) -> bool:
        """Whether whatever is new is known to be so by its id."""
        return self.before is not None and self.before.complete

    def new(self, resource_id: t.Any, since: datetime.datetime | None = None) -> list[Action]:
        """Those that came since: by their ids, or, where only those in progress were listed, by their dates."""
        listed = self._list(resource_id)
        self._note(listed)
        return [
            action
            for action in listed.actions
            if action["id"] not in self._seen | self.own
            and (
                self.complete
                or action["status"] == actions.IN_PROGRESS
                or actions.begun_since(action, since or self._began)
            )
        ]

    def later(self, resource_id: t.Any) -> list[Action]:
        """Those that came since and were begun after the last one of this task's own, as far as ids tell."""
        own = [identifier for identifier in self.own if isinstance(identifier, int)]
        return [
            action
            for action in self.new(resource_id)
            if not own or not isinstance(action["id"], int) or action["id"] > max(own)
        ]

    def busy(self, resource_id: t.Any) -> list[Action]:
        """What is in progress now on this very resource, not on another of its name."""
        listed = self._list(resource_id)
        self._note(listed)
        return listed.in_progress

    def wait(self, resource_id: t.Any, others: list[Action]) -> list[Action]:
        """Waits for others' actions until none is in progress; all of them, in the order in which they began."""
        ended: list[Action] = []
        polls = self._deadline.polls()
        while others:
            self._seen |= {action["id"] for action in others}
            for action in others:
                try:
                    ended.append(actions.wait_for(self._client, action, self._deadline)[0])
                except ApiError as error:
                    if error.status not in NOT_SHOWN or error.details.get("method") != "GET":
                        raise
                    self._note(Listed([], False, _unseen(error)))
            others = self.new(resource_id)
            if others and not next(polls, False):
                raise ActionTimeoutError(
                    f"{actions.describe(others[0])} is one of many that others begin again and again, and the "
                    f"{self._deadline.waiting.timeout:g} s of wait_timeout were over. Run the same task again to go on.",
                    itcare_actions=others,
                )
        return sorted(ended, key=order)


def order(action: Action) -> tuple[bool, t.Any]:
    """A key that sorts actions as they began."""
    identifier = action["id"]
    return (False, identifier) if isinstance(identifier, int) else (True, str(identifier))
