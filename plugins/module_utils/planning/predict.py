# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. Check mode: what a plan would come to."""

from __future__ import annotations

import dataclasses

from ..api import actions
from ..api.errors import ConflictError
from ..api.shapes import Action
from .others import does_just
from .outcome import Outcome
from .plan import Plan
from .target import Target


def predict(target: Target, plan: Plan | None, in_the_way: list[Action]) -> Outcome:
    """What would be: nothing is waited for, so what is in progress is taken to end well.

    In a dry run the server validates the steps, unless it would refuse them only as things stand now.
    """
    current, warnings = target.current, list(target.warnings)
    steps = plan.steps if plan is not None else ()
    for action in in_the_way:
        if steps and does_just(action, steps[0]):
            steps = steps[1:]  # would be adopted
        current = target.goal.with_effect(current, action)
        warnings.append(
            f"{actions.describe(action)} is in progress: what is predicted takes it to end well."
        )
    if plan is not None and plan.repeats and current is not None:
        plan = dataclasses.replace(plan, current=current, steps=steps)
    elif plan is None or in_the_way:
        plan = target.goal.make_plan(current)
    if target.client.dry_run and not in_the_way:
        _validate(target, plan)
    warnings += plan.warnings
    done = list(plan.steps)
    return Outcome(plan.kind, plan.name, plan.current, plan.predicted, done, warnings=warnings)


def _validate(target: Target, plan: Plan) -> None:
    for step in plan.steps:
        if step.waits_for_previous:
            continue  # refused as things stand now, although it would be right then
        if "{id}" in step.path and target.id is None:
            continue  # just created, and not shown yet
        try:
            target.send(step)
        except ConflictError:
            if not actions.of_resource(target.client, target.id, plan.name, (actions.IN_PROGRESS,)):
                raise
            # an action in progress: for real, the task would have waited for it
