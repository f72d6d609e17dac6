# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. What became of a step that was sent: its trace, its action, its effect."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..api import actions
from ..api.errors import ActionTimeoutError, ItcareError, UnsureWriteError
from ..api.shapes import Action
from .others import does_just, ended_well, is_of, may_be_of, order
from .outcome import Outcome
from .plan import Plan, Step
from .target import EFFECT, Target


@dataclass
class AcceptedStep:
    """What is known of a step that was accepted. `sent_at` is on the server's clock."""

    step: Step
    sent_at: datetime.datetime | None
    action: Action | None
    traced: bool = False  # found by a look: it may be somebody else's that did just the same
    reached: bool = False  # its effect was seen
    guessed: bool = False  # neither the answer nor a trace named its action
    lost: bool = False  # the record of its action is gone

    @property
    def described(self) -> str:
        return actions.describe(self.action or {})

    @property
    def said_of_lost(self) -> str:
        return f"{self.described} was accepted, but its record is gone."


def find_trace(
    target: Target, step: Step, sent_at: datetime.datetime | None, seconds: float
) -> AcceptedStep | None:
    """What shows that a step whose answer was lost was executed; None when nothing does for so many seconds."""
    polls = target.deadline.polls(seconds)
    while True:
        theirs = None
        for action in target.new(sent_at):
            in_progress = action["status"] == actions.IN_PROGRESS
            if does_just(action, step) and (in_progress or (target.before.complete and step.blind)):
                return AcceptedStep(step, sent_at, action, traced=True)
            # Somebody else's, or ours by a name that we don't know, or for another desired state: its effect tells.
            ended, _lost = actions.wait_for(target.client, action, target.deadline)
            if not ended_well(ended) and is_of(action, step):
                return AcceptedStep(step, sent_at, ended, traced=True)
            if ended_well(ended) and may_be_of(action, step):
                theirs = ended
        if not step.blind:
            current = target.read()
            if step.is_reached(current) and (theirs is not None or not step.restores):
                target.current = current
                return AcceptedStep(step, sent_at, theirs, traced=True, reached=True)
        if not next(polls, False):
            return None


def unsure(plan: Plan, step: Step, why: object) -> UnsureWriteError:
    tells = ": the time at which its system started tells." if step.blind else "."
    return UnsureWriteError(
        f"It isn't known whether '{step.label}' was executed on {plan.title}. {why} "
        f"Look at it before running this task again{tells}"
    )


def finish(
    accepted: AcceptedStep, target: Target, plan: Plan, rest: t.Sequence[Step], outcome: Outcome
) -> None:
    """Waits for the end of an accepted step, and for its effect, where `rest` or the task needs them."""
    outcome.accepted = True
    step, waits = accepted.step, bool(rest) or target.deadline.waiting.wait
    if accepted.action is None:
        accepted.guessed = True
        if not accepted.reached:  # 202 with an empty body
            accepted.action = _begun(accepted, target, waits)
    if accepted.action is not None:
        target.own.add(accepted.action["id"])
        # Now: what has been begun is told, whatever comes of the wait.
        outcome.record(accepted.action)
        if waits:
            ended = actions.wait_for(target.client, accepted.action, target.deadline)
            accepted.action, accepted.lost = ended
            outcome.record(accepted.action)
            if not accepted.lost:
                actions.check_success(accepted.action)
    unseen = waits and not accepted.reached
    if unseen and step.blind and accepted.lost:
        raise unsure(plan, step, accepted.said_of_lost)
    if unseen and step.blind and accepted.action is None and target.before.complete:
        request = f"{step.method} {target.path(step)}"
        raise unsure(plan, step, f"The answer to {request} names no action, and none is shown.")
    needed = rest or target.goal.read_back or accepted.lost or accepted.guessed
    if unseen and needed and not step.blind:
        _await_effect(accepted, target, plan, rest, outcome)
    else:
        outcome.steps.append(step)


def _begun(accepted: AcceptedStep, target: Target, waits: bool) -> Action | None:
    """The action of a step whose answer named none: the last that began since, one in progress first.

    Where nothing else tells that it was executed it may take its time to be shown.
    """
    is_all = waits and accepted.step.blind and target.before.complete
    polls = target.deadline.polls(EFFECT if is_all else 0)
    while True:
        new = [a for a in target.new(accepted.sent_at) if may_be_of(a, accepted.step)]
        in_progress = [action for action in new if action["status"] == actions.IN_PROGRESS]
        found = max(in_progress or (new if waits else []), key=order, default=None)
        if found is not None or not next(polls, False):
            return found


def _await_effect(
    accepted: AcceptedStep, target: Target, plan: Plan, rest: t.Sequence[Step], outcome: Outcome
) -> None:
    """Reads the resource until it shows what the step did."""
    step, who = accepted.step, f"{plan.kind.capitalize()} {plan.name}"
    missing = f"{who} doesn't show the effect of '{step.label}'"
    was_there = target.current is not None
    current = target.read()
    polls = target.deadline.polls() if accepted.guessed else target.deadline.polls(EFFECT)
    while not (step.is_reached(current) or (was_there and current is None)) and next(polls, False):
        current = target.read()
    target.current = current
    accepted.reached = step.is_reached(current)
    gone = was_there and current is None
    if accepted.lost and not accepted.reached:
        raise unsure(plan, step, accepted.said_of_lost)
    if accepted.reached or not accepted.guessed:
        outcome.steps.append(step)
    if accepted.reached:
        if accepted.lost:
            outcome.warnings.append(
                f"{accepted.said_of_lost} {who} shows the effect of '{step.label}'."
            )
    elif gone and rest:
        pass  # gone meanwhile: it is planned anew
    elif gone and accepted.guessed:
        raise ItcareError(
            f"{who} is gone: it was there before '{step.label}'. Look at what others did with it."
        )
    elif accepted.guessed:
        raise ActionTimeoutError(
            f"{missing} after {target.deadline.waiting.timeout:g} s (wait_timeout). Run the same task again to resume."
        )
    elif rest and rest[0].waits_for_previous:
        raise ActionTimeoutError(
            f"{accepted.described} ended well, but {missing} yet, so '{rest[0].label}' was not begun. Run the same task "
            "again to go on."
        )
    else:
        outcome.warnings.append(f"{accepted.described} ended well, but {missing} yet.")
