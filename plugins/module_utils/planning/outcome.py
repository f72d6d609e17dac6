# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. What a task did itself: written down as it goes, so that it is told whatever comes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..api.errors import ItcareError
from ..api.shapes import Action
from .plan import Plan, Resource, Step


@dataclass
class Outcome:
    """What applying a plan came to: the resource at its start and as it is, and the steps that were done, or in check mode
    would be."""

    kind: str
    name: str
    start: Resource | None = None
    current: Resource | None = None
    steps: list[Step] = field(default_factory=list)
    itcare_actions: list[Action] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    accepted: bool = False  # a write was accepted, or may have been executed

    @property
    def done(self) -> Plan:
        return Plan(self.kind, self.name, self.start, tuple(self.steps))

    @property
    def operations(self) -> list[str]:
        return self.done.operations

    @property
    def changed(self) -> bool:
        """A write of this task went out, and what it was for is reached (or begun, without a wait)."""
        return bool(self.steps)

    def record(self, action: Action) -> None:
        """The action as it is known last, once."""
        for index, earlier in enumerate(self.itcare_actions):
            if earlier["id"] == action["id"]:
                self.itcare_actions[index] = action
                return
        self.itcare_actions.append(action)

    def add_to(self, error: ItcareError) -> None:
        """Puts what was done before it into an error."""
        for action in error.details.get("itcare_actions", []):
            self.record(action)
        error.details.update(
            operations=self.operations,
            itcare_actions=self.itcare_actions,
            changed=self.accepted or self.changed,
        )
        if self.warnings:
            error.details["warnings"] = self.warnings
