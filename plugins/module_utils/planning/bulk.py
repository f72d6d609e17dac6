# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. One desired state for many instances: plan all of them first, then do some at a time, and hide no outcome."""

from __future__ import annotations

import collections
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..api.actions import Deadline
from ..api.client import CONNECTIONS, Client
from ..api.errors import ActionFailedError, InputError, ItcareError
from ..api.notices import shortened
from ..api.shapes import Instance
from ..result import Result
from .apply import Applier
from .others import Listed, contradicts, list_others
from .outcome import Outcome
from .plan import Plan, Resource
from .target import Goal, Target

LATE = 60.0  # seconds after which a list doesn't tell the state any more that a write is to be based on
NAMED = 5  # how many instances a message spells out


@dataclass
class InstanceResult:
    """What came of one instance. `plan` is what was done, or where it failed what was to be done."""

    instance: Instance
    plan: Plan
    outcome: Outcome
    error: ItcareError | None = None

    @property
    def changed(self) -> bool:
        may_be_done = self.outcome.accepted and not isinstance(self.error, ActionFailedError)
        return self.outcome.changed or (self.error is not None and may_be_done)

    def report(self) -> Resource:
        """The instance's line in a result."""
        done = self.outcome.itcare_actions
        return {
            "id": self.instance.get("id"),
            "name": self.instance.get("name"),
            "changed": self.changed,
            "before": self.plan.before,
            "after": self.plan.after,
            "action": done[-1] if done else None,
            "error": str(self.error) if self.error else None,
        }


class PartialFailureError(ItcareError):
    """Some instances failed; the details have every outcome."""


def check_concurrency(value: int) -> int:
    if not 1 <= int(value) <= CONNECTIONS:
        raise InputError(f"concurrency is a number from 1 to {CONNECTIONS}, not {value}.")
    return int(value)


def plan_all(
    instances: t.Sequence[Instance],
    make_plan: t.Callable[[Instance], Plan],
    excused: t.Callable[[Instance], bool],
) -> list[Plan]:
    """A plan each. Raises one InputError that names every instance for which there can't be one.

    An instance that is `excused` gets an empty one: something is in progress on it, after which there may be another.
    """
    plans, problems = [], []
    for instance in instances:
        try:
            plans.append(make_plan(instance))
        except InputError as error:
            if excused(instance):
                plans.append(Plan("", str(instance.get("name")), instance))
            else:
                problems.append(str(error).rstrip("."))
    if problems:
        raise InputError(f"{'; '.join(problems)}. Nothing was changed.")
    return plans


def apply_all(
    client: Client,
    deadline: Deadline,
    goal: Goal,
    instances: t.Sequence[Instance],
    read: t.Callable[[Instance], Instance | None],
    *,
    concurrency: int,
    listed: Listed | None = None,
) -> list[InstanceResult]:
    """Plans all, then applies `concurrency` at a time.

    `listed` are the actions in progress, asked for before the instances; None where their state doesn't depend on any.
    """
    read_at, listed_at = client.server_time, client.clock()
    count = collections.Counter(instance.get("name") for instance in instances)

    def on(instance: Instance) -> Listed | None:
        """The actions on it; None when it is to be asked for them alone."""
        name = instance.get("name")
        return None if listed is None or count[name] > 1 else listed.of(name)

    def excused(instance: Instance) -> bool:
        known = on(instance)
        return known is not None and any(
            contradicts(action, goal.contradicted_by) for action in known.in_progress
        )

    plans = plan_all(instances, goal.make_plan, excused)
    if listed is None and not client.read_only and sum(plan.changed for plan in plans) > 1:
        listed = list_others(client, complete=False)

    def one(instance: Instance, plan: Plan) -> InstanceResult:
        # Its turn may come minutes after the list, and others don't sleep.
        late = plan.changed and not client.read_only and client.clock() - listed_at > LATE
        name, others = instance.get("name"), None if late else on(instance)
        target = Target(client, deadline, goal, name, lambda: read(instance), others, read_at)
        applier = Applier(target)
        try:
            outcome = applier.apply(instance, late=late)
        except ItcareError as error:
            return InstanceResult(instance, plan, applier.outcome, error)
        return InstanceResult(instance, outcome.done, outcome)

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return list(pool.map(one, instances, plans))


def warnings_of(results: t.Iterable[InstanceResult]) -> list[str]:
    """Each warning once."""
    return list(dict.fromkeys(text for result in results for text in result.outcome.warnings))


def named(parts: t.Iterable[str]) -> str:
    """Some of what is said of many instances; the result has all."""
    return shortened(parts, "; ", NAMED, "; and")


def result_of(
    results: t.Sequence[InstanceResult], warnings: list[str], **rows: list[Resource]
) -> Result:
    """The task's result, with `rows`. Raises PartialFailureError, which has the same, when an instance failed."""
    operations = (label for result in results for label in result.outcome.operations)
    values = {
        **rows,
        "operations": list(dict.fromkeys(operations)),  # each once, in the order of its first use
        "itcare_actions": [a for result in results for a in result.outcome.itcare_actions],
    }
    changed = any(result.changed for result in results)
    failed = [
        f"{result.instance.get('name')}: {str(result.error).rstrip('.')}"
        for result in results
        if result.error
    ]
    if failed:
        text = f"{len(failed)} of {len(results)} instances failed: {named(failed)}."
        raise PartialFailureError(text, changed=changed, warnings=warnings, **values)
    diffs = [result.plan.diff() for result in results if result.plan.changed]
    return Result(changed, values, diffs, warnings)
