# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions: what starts one, what the API shows of it, and which are to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .clock import stamp
from .fields import Fields
from .instance import Instance

Apply = Callable[[float], None]  # is given the moment at which the action ends


class ActionFailed(Exception):
    """Raised by what an action does at its end; the action then ends in ERROR."""


@dataclass
class Action:
    id: int
    process: str
    resource_id: int
    resource_name: str
    service_id: int
    submitted_by: str
    submitted_at: float
    apply: Apply | None
    failure: str | None
    resource_type: str = "INSTANCE"
    status: str = "IN_PROGRESS"
    message: str = "In progress"
    completed_at: float | None = None

    @property
    def internal_id(self) -> int:
        return self.id + 1000000

    def document(self, *, submission: bool, id_type: str) -> Fields:
        fields: Fields = {
            "family": self.resource_type,
            "id": str(self.id) if id_type == "str" else self.id,
            "lastUpdatedAt": stamp(self.completed_at or self.submitted_at),
            "message": self.message,
            "process": self.process,
            "resourceName": self.resource_name,
            "resourceType": self.resource_type,
            "status": self.status,
        }
        if submission:
            return {**fields, "internalId": self.internal_id}
        return {
            **fields,
            "submittedAt": stamp(self.submitted_at),
            "submittedBy": self.submitted_by,
            "completedAt": None if self.completed_at is None else stamp(self.completed_at),
        }


@dataclass
class Failures:
    """The next actions, of a process or of any, that are to end in ERROR."""

    count: int
    process: str | None
    message: str


@dataclass(frozen=True)
class Change:
    """A write that has passed every check: what its action is called, and does at its end."""

    process: str
    resource_id: int
    resource_name: str
    service_id: int
    apply: Apply
    begin: Callable[[], None] = field(default=lambda: None)
    resource_type: str = "INSTANCE"

    @classmethod
    def on(cls, instance: Instance, process: str, apply: Apply) -> Change:
        """The change of an instance that exists."""
        return cls(process, instance.id, instance.name, instance.path("serviceId"), apply)
