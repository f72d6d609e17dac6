# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. What became of a write whose answer was lost."""

from __future__ import annotations

import datetime
import typing as t

from ..api import actions
from ..api.actions import Action, Deadline
from ..api.client import Client
from .plan import Plan, Resource, Step
from .watch import Watch, does_just, ended_well, is_of, may_be_of


class Found(t.NamedTuple):
    """An accepted step: its action, if it has one, and the resource if that was seen to show the effect."""

    action: Action | None
    sent_at: datetime.datetime | None = None
    traced: bool = (
        False  # it was found by a look, so it may be somebody else's that did just the same
    )
    current: Resource | None = None
    reached: bool = False


def trace(
    client: Client,
    deadline: Deadline,
    watch: Watch,
    plan: Plan,
    step: Step,
    read: t.Callable[[], Resource | None],
    sent_at: datetime.datetime | None,
    seconds: float,
) -> Found | None:
    """What shows that the step was executed; None when nothing does for so many seconds."""
    polls = deadline.polls(seconds)
    while True:
        theirs = None
        for action in watch.new(plan.resource_id, sent_at):
            in_progress = action["status"] == actions.IN_PROGRESS
            if does_just(action, step) and (in_progress or (watch.complete and step.blind)):
                return Found(action, sent_at, traced=True)
            # Somebody else's, or ours by a name that we don't know, or for another desired state: its effect tells.
            ended, _lost = actions.wait_for(client, action, deadline)
            if not ended_well(ended) and is_of(action, step):
                return Found(ended, sent_at, traced=True)
            if ended_well(ended) and may_be_of(action, step):
                theirs = ended
        if not step.blind:
            current = read()
            if step.is_reached(current) and (theirs is not None or not step.restores):
                return Found(theirs, sent_at, True, current, reached=True)
        if not next(polls, False):
            return None
