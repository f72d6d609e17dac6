# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of instances and actions, and what happens to them as time goes by.

Nothing runs in the background. Whoever is about to read or change the store calls ``settle`` first,
which ends the actions and snapshots whose time has come, in the order of their times.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

from .action import Action, ActionFailed, Change, Failures
from .catalogue import Catalogue
from .clock import Clock, moment, stamp
from .fields import Fields, merge
from .generator import Generator
from .instance import Instance, make_snapshot
from .resource import FIRST_RESOURCE_ID, Resource, make_resources
from .settings import Settings

FIRST_ACTION_ID = 700001


class Store:
    """Everything the API shows."""

    def __init__(self, clock: Clock, settings: Settings, *, instances: int, seed: int) -> None:
        self.clock = clock
        self.settings = settings
        self.catalogue = Catalogue(clock.start)
        self.generator = Generator(self.catalogue, seed)
        self.instances: dict[int, Instance] = {}
        self.names: Counter[str] = Counter()
        self.actions: dict[int, Action] = {}
        self.running: dict[int, Action] = {}  # by instance
        self.failures: list[Failures] = []
        self.generation = 0
        self._ordered: list[Instance] | None = None
        self._by_resource: dict[int, list[Action]] = {}
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._event_numbers = itertools.count()
        self._action_ids = itertools.count(FIRST_ACTION_ID)
        self._snapshot_numbers = itertools.count(42)
        self.next_resource_id = FIRST_RESOURCE_ID
        self.resources: dict[int, Resource] = {
            resource.id: resource
            for resource in make_resources(self.catalogue, self.take_resource_id)
        }
        for instance in self.generator.fleet(instances):
            self._insert(instance)
            instance.json()  # made now, so that the first list is as quick as the others
        self.next_id = max(self.instances, default=10000) + 1

    # --- instances ---------------------------------------------------------------------------

    def ordered(self) -> list[Instance]:
        """All instances, by id."""
        if self._ordered is None:
            self._ordered = [self.instances[key] for key in sorted(self.instances)]
        return self._ordered

    def reserve(self, name: str) -> None:
        """Keep the next id and this name for an instance in creation."""
        self.next_id += 1
        self.reserve_name(name)

    def reserve_name(self, name: str) -> None:
        self.names[name.lower()] += 1

    def release_name(self, name: str) -> None:
        self.names[name.lower()] -= 1
        if not self.names[name.lower()]:
            del self.names[name.lower()]

    def name_taken(self, name: str) -> bool:
        return name.lower() in self.names

    def add(self, instance: Instance, *, reserved: bool = False) -> None:
        """Let an instance appear; its name may have been reserved before."""
        self._insert(instance, reserved=reserved)
        self.next_id = max(self.next_id, instance.id + 1)
        self.generation += 1

    def _insert(self, instance: Instance, *, reserved: bool = False) -> None:
        self.instances[instance.id] = instance
        self._ordered = None
        if not reserved:
            self.reserve_name(instance.name)
        if instance.snapshot:
            self.expire_later(instance, instance.snapshot)

    def remove(self, instance: Instance) -> None:
        if self.instances.pop(instance.id, None) is not None:
            self._ordered = None
            self.release_name(instance.name)
            self.generation += 1

    def changed(self, instance: Instance, *fields: str) -> None:
        """Fields of the API's instance have a new value in the record."""
        instance.drop_overrides(*fields)
        self.generation += 1

    def generate(self, fields: Fields, tags: list[str] | None = None) -> Instance:
        """Add one more generated instance with these raw fields put over it."""
        fields = dict(fields)
        identity = fields.pop("id", None) or self.next_id
        instance = self.generator.instance(identity)
        while self.name_taken(instance.name):
            instance = self.generator.instance(identity)
        instance.snapshot = None
        self.add(instance)
        self.override(instance, fields, tags)
        return instance

    def override(self, instance: Instance, fields: Fields, tags: list[str] | None = None) -> None:
        """Put raw fields over an instance; a name and a snapshot have consequences."""
        fields = {name: value for name, value in fields.items() if name != "id"}
        name = fields.get("name")
        if isinstance(name, str):
            self.release_name(instance.name)
            instance.name = name
            self.reserve_name(name)
            fields.pop("name")
        if isinstance(fields.get("snapshot"), dict) or fields.get("snapshot", 0) is None:
            given = fields.pop("snapshot")
            instance.snapshot = None if given is None else self._given_snapshot(instance, given)
            if instance.snapshot:
                self.expire_later(instance, instance.snapshot)
        if "moreSnapshots" in fields:
            more = fields.pop("moreSnapshots")
            instance.more_snapshots = [self._given_snapshot(instance, given) for given in more]
        if tags is not None:
            instance.tags = tuple(tags)
        instance.override(fields)
        self.generation += 1

    def _given_snapshot(self, instance: Instance, fields: Fields) -> Fields:
        created = moment(fields["createdAt"]) if fields.get("createdAt") else self.clock.now()
        number = self.next_snapshot_number()
        return merge(make_snapshot(instance, number, created, by="control"), fields)

    # --- what isn't an instance --------------------------------------------------------------

    def take_resource_id(self) -> int:
        self.next_resource_id += 1
        return self.next_resource_id - 1

    # --- time --------------------------------------------------------------------------------

    def at(self, when: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._event_numbers), what))

    def settle(self) -> None:
        """Let everything happen whose time has come."""
        now = self.clock.now()
        while self._events and self._events[0][0] <= now:
            when, _number, what = heapq.heappop(self._events)
            what(when)

    def next_snapshot_number(self) -> int:
        return next(self._snapshot_numbers)

    def expire_later(self, instance: Instance, snapshot: Fields) -> None:
        def expire(_when: float) -> None:
            if instance.snapshot is not None and instance.snapshot["id"] == snapshot["id"]:
                instance.snapshot = None
                self.changed(instance, "snapshot")

        if snapshot.get("expiresAt"):
            self.at(moment(snapshot["expiresAt"]), expire)

    # --- actions -----------------------------------------------------------------------------

    def start(self, change: Change, by: str) -> Action:
        """Start the action of a change."""
        now = self.clock.now()
        action = Action(
            id=next(self._action_ids),
            process=change.process,
            resource_id=change.resource_id,
            resource_name=change.resource_name,
            service_id=change.service_id,
            submitted_by=by,
            submitted_at=now,
            apply=change.apply,
            failure=self._failure(change.process),
            resource_type=change.resource_type,
        )
        change.begin()
        self.actions[action.id] = action
        self._by_resource.setdefault(action.resource_id, []).append(action)
        self.running[action.resource_id] = action
        self.at(now + self.settings.action_delay, lambda when: self._end(action, when))
        self.settle()
        return action

    def _failure(self, process: str) -> str | None:
        for failures in self.failures:
            if failures.process in (None, process):
                failures.count -= 1
                if not failures.count:
                    self.failures.remove(failures)
                return failures.message
        return None

    def _end(self, action: Action, when: float) -> None:
        del self.running[action.resource_id]
        action.completed_at = when
        apply, action.apply = action.apply, None
        try:
            if action.failure is not None:
                raise ActionFailed(action.failure)
            if apply is not None and self.settings.effect_lag:
                self.at(when + self.settings.effect_lag, apply)
            elif apply is not None:
                apply(when)
        except ActionFailed as failed:
            action.status, action.message = "ERROR", str(failed)
            if action.process == "vm_create":
                self.release_name(action.resource_name)
        else:
            action.status, action.message = "SUCCESS", "Done"

    def actions_of(self, resource_id: int | None) -> list[Action]:
        """The actions on one resource, or all of them, newest first."""
        if resource_id is None:
            return list(reversed(self.actions.values()))
        return list(reversed(self._by_resource.get(resource_id, [])))

    def summary(self) -> Fields:
        statuses: Counter[Any] = Counter(i.path("status") for i in self.instances.values())
        return {
            "now": stamp(self.clock.now()),
            "instances": len(self.instances),
            "resources": len(self.resources),
            "statuses": dict(statuses),
            "actions": len(self.actions),
            "actions_in_progress": len(self.running),
            "generation": self.generation,
        }
