# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. The resource that a task is about: its state, and the actions on it."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import InitVar, dataclass, field

from ..api import actions
from ..api.actions import Deadline
from ..api.client import Client
from ..api.errors import ActionTimeoutError, ApiError
from ..api.shapes import Action
from .others import Listed, contradicts, ended_well, list_others, order, unseen
from .plan import ALWAYS, Plan, Resource, Step

EFFECT = 30.0  # seconds in which the effect of an ended action shows, as lists may lag


@dataclass(frozen=True)
class Goal:
    """A desired state, of one resource or of each of many.

    `contradicted_by` are the processes that can undo it; `with_effect` tells what becomes of a resource when an action ends.
    `read_back: False` spares the last read and answers the predicted resource.
    """

    make_plan: t.Callable[[t.Any], Plan]
    contradicted_by: frozenset[str] = frozenset()
    with_effect: t.Callable[[t.Any, Action], Resource | None] = lambda current, _: current
    read_back: bool = True


@dataclass(repr=False)
class Target:
    """One resource: its state as it was seen last, the actions on it before the first write, and those that came since.

    `read` fetches it afresh. `listed` are the actions as they were before its state was read, which they must be or there is
    a race; None when nobody has asked. `read_at`: when the state was read, on the server's clock, if that wasn't just now.
    """

    client: Client
    deadline: Deadline
    goal: Goal
    name: str | None
    read: t.Callable[[], Resource | None]
    listed: InitVar[Listed | None] = None
    read_at: datetime.datetime | None = None
    current: Resource | None = None
    own: set[int | str] = field(default_factory=set)  # the actions of this task
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self, listed: Listed | None) -> None:
        self.read_at = self.read_at or self.client.server_time
        self.before = Listed([], complete=False)  # what there was before the first write
        self._looked = False
        self._seen: set[int | str] = set()
        part = listed and listed.of(self.name)
        if part is not None:
            self._take(part)

    @property
    def id(self) -> int | str | None:
        """None while there is none."""
        return (self.current or {}).get("id")

    def path(self, step: Step) -> str:
        """Where a step is sent to."""
        return step.path.replace("{id}", str(self.id))

    def send(self, step: Step, done: t.Callable[[], bool] | None = None) -> Action | None:
        """The action that the answer names. `done`: see Client.write."""
        once = step.again != ALWAYS
        answer = self.client.write(
            step.method,
            self.path(step),
            step.body,
            media_type=step.media_type,
            once=once,
            done=done,
        )
        return actions.begun_action(answer)

    # -- actions on it ----------------------------------------------------------------------------------------------------

    def _take(self, before: Listed) -> None:
        self.before, self._looked = before, True
        self._seen |= {action["id"] for action in before.actions}
        self._warn(before.warning)

    def _warn(self, text: str | None) -> None:
        if text and text not in self.warnings:
            self.warnings.append(text)

    def look(self) -> bool:
        """Looks up the actions before the first write, once. Whether the state is out of date, as one ended after it was read."""
        if self._looked:
            return False
        self._take(self.list_now())
        return any(
            action["status"] != actions.IN_PROGRESS and actions.touched_since(action, self.read_at)
            for action in self.before.actions
        )

    def list_now(self) -> Listed:
        """The actions on this very resource, and on none of the same name, as they are now."""
        listed = list_others(self.client, self.id, self.name, complete=True)
        self._warn(listed.warning)
        return listed

    def new(self, since: datetime.datetime | None = None) -> list[Action]:
        """Others' that came since: by their ids, or, where only those in progress were listed, by their dates."""
        known = self._seen | self.own
        return [
            action
            for action in self.list_now().actions
            if action["id"] not in known
            and (
                self.before.complete
                or action["status"] == actions.IN_PROGRESS
                or actions.begun_since(action, since or self.read_at)
            )
        ]

    def later(self) -> list[Action]:
        """Those that came since and were begun after the last one of this task's own, as far as ids tell."""
        last = max((i for i in self.own if isinstance(i, int)), default=-1)
        return [a for a in self.new() if not isinstance(a["id"], int) or a["id"] > last]

    def wait_for(self, others: list[Action]) -> list[Action]:
        """Waits until none of others' is in progress; all of them, in the order in which they began."""
        ended: list[Action] = []
        polls = self.deadline.polls()
        while others:
            self._seen |= {action["id"] for action in others}
            for action in others:
                try:
                    ended.append(actions.wait_for(self.client, action, self.deadline)[0])
                except ApiError as error:
                    self._warn(unseen(error))
            others = self.new()
            if others and not next(polls, False):
                raise ActionTimeoutError(
                    f"{actions.describe(others[0])} is one of many that others begin again and again, and the "
                    f"{self.deadline.waiting.timeout:g} s of wait_timeout were over. Run the same task again to go on.",
                    itcare_actions=others,
                )
        return sorted(ended, key=order)

    def contradicting(self) -> list[Action]:
        """Those in progress before the first write that can undo what is desired."""
        found = (a for a in self.before.in_progress if contradicts(a, self.goal.contradicted_by))
        return sorted(found, key=order)

    # -- their effects: reads may lag -------------------------------------------------------------------------------------

    def caught_up(self) -> Resource | None:
        """The resource with the effect of the last action that has just ended and could contradict."""
        now, current = self.client.server_time, self.current
        if not self.before.complete or now is None or self.before.in_progress:
            return current
        since = now - datetime.timedelta(seconds=EFFECT)
        ended = [
            action
            for action in self.before.actions
            if ended_well(action)
            and action.get("process") in self.goal.contradicted_by
            and actions.touched_since(action, since)
        ]
        last = max(ended, key=order, default=None)
        if last is None or self._shows(current, last):
            return current
        if self.client.read_only:
            return self.goal.with_effect(current, last)
        return self.read_after([last])

    def read_after(self, ended: list[Action]) -> Resource | None:
        """The resource once it shows what the last of these actions did, as far as its process tells."""
        current = self.read()
        last = ended[-1] if ended and ended_well(ended[-1]) else None
        if last is not None and not self._shows(self.current, last):
            polls = self.deadline.polls(EFFECT)
            while not self._shows(current, last) and next(polls, False):
                current = self.read()
        return current

    def _shows(self, resource: Resource | None, action: Action) -> bool:
        return self.goal.with_effect(resource, action) == resource
