# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. Plan, then apply: what would change, as a pure value.

A Plan is made by a pure function from current and desired state. `changed`, the diff, the `operations` of a result and
check mode all read it; apply.py alone sends it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..api.answers import same

# In snake case, as results show it. Whoever knows its kind names its shape (api/shapes.py); functions that are handed over
# to planning take that, which is Any here.
Resource = t.Mapping[str, t.Any]

# Whether a write may be sent again, after a look has found no trace of it.
ALWAYS = "always"
AFTER_503 = "after 503"  # which nearly always means that it wasn't executed
NEVER = "never"
LOOKED_FOR = "looked for"  # always, but after a 503 it is looked for first


@dataclass(frozen=True)
class Step:
    """One call and the fields that it changes."""

    label: str  # as `operations` shows it
    method: str
    path: str  # may hold {id}: a step after a create learns it then
    body: t.Any = None
    before: Resource = field(default_factory=dict)
    after: Resource = field(default_factory=dict)
    process: str = ""  # the action's name on the server, to know our own action again
    # Is it done? Without: when the resource shows `after`.
    reached: t.Callable[[t.Any], bool] | None = None
    told_by_process: bool = True  # an action of this process does just this, whatever was asked for
    waits_for_previous: bool = False  # only possible once the step before it is over
    # The resource was so before the step before it: a state that lags looks as if it were done.
    restores: bool = False
    again: str = ALWAYS  # after an answer that leaves open whether it was executed
    media_type: str = "application/json"

    @property
    def blind(self) -> bool:
        """Its effect can't be read back (a reset)."""
        return self.reached is None and not self.after

    @property
    def removes(self) -> bool:
        """Nothing of the resource is left after it."""
        return self.method == "DELETE" and not self.after

    def is_reached(self, current: Resource | None) -> bool:
        if self.reached is not None:
            return self.reached(current)
        return current is not None and not self.blind and shows(current, self.after)


@dataclass(frozen=True)
class Plan:
    """The ordered steps from `current` to the desired state of one resource."""

    kind: str
    name: str
    current: Resource | None
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    repeats: bool = False  # planning again would start over (restart, reset): never do so half-way
    # Planned once more when all is done: only then may the rest come to light.
    checked_at_end: bool = False

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def operations(self) -> list[str]:
        return [step.label for step in self.steps]

    @property
    def before(self) -> Resource:
        merged: Resource = {}
        for step in self.steps:
            merged = {**step.before, **merged}
        return merged

    @property
    def after(self) -> Resource:
        merged: Resource = {}
        for step in self.steps:
            merged = {} if step.removes else {**merged, **step.after}
        return merged

    @property
    def predicted(self) -> Resource | None:
        """The resource as it would be; None when it would be gone."""
        predicted = self.current
        for step in self.steps:
            predicted = None if step.removes else merge(predicted or {}, step.after)
        return predicted

    def diff(self) -> Resource:
        """Ansible's diff: only what changes."""
        return {
            "before": self.before,
            "after": self.after,
            "before_header": self.title,
            "after_header": self.title,
        }


def merge(base: Resource, change: Resource) -> dict[str, t.Any]:
    """`base` with `change` laid over it, maps within maps too."""
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = (
            merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def shows(resource: Resource, wanted: Resource) -> bool:
    """Whether the resource has every value of `wanted`."""
    for key, value in wanted.items():
        found = resource.get(key)
        if isinstance(value, dict) and isinstance(found, dict):
            if not shows(found, value):
                return False
        elif not same(found, value):
            return False
    return True
