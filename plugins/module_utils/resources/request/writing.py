# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. One write: never twice, waited for, and told from its effect when its answer is lost."""

from __future__ import annotations

import typing as t

from ...api import actions
from ...api.actions import Deadline
from ...api.client import Answer, Client
from ...api.errors import (
    ActionTimeoutError,
    ApiError,
    ConflictError,
    ConnectionFailedError,
    ItcareError,
    UnsureWriteError,
)
from ...api.shapes import Action
from ...planning.apply import TRACE
from ...planning.others import ended_well, list_others, unseen
from ...planning.target import EFFECT
from .address import encode
from .conditions import Condition
from .desired import DesiredCall
from .reads import read_condition

CREATED = 201  # the answer is what was made, whatever it looks like


class Writing:
    """Does what a task asks for. `answer`, `itcare_actions` and `sent` (or maybe sent) tell what it came to, also when it fails."""

    def __init__(self, client: Client, desired: DesiredCall, deadline: Deadline) -> None:
        self._client, self._desired, self._deadline = client, desired, deadline
        self._waiting = deadline.waiting
        self._held = False  # `unless` does
        self._tried = False  # and answered with 503
        self.answer = Answer(0, None)  # of the write, or of `unless` where that holds
        self.itcare_actions: list[Action] = []
        self.sent = False

    def run(self) -> bool:
        """Whether something was sent, or would be in check mode."""
        # Before `unless`, or the effect of what ends in between would be missed.
        busy = self._in_progress()
        if self._holds():
            return False
        if self._client.read_only:
            self._predict(busy)
            return True
        if busy:
            ended = self._after(busy)
            # The end of an action isn't its effect yet.
            if self._comes_to_hold(EFFECT if any(map(ended_well, ended)) else 0):
                return False
        self._send()
        return True

    def _predict(self, busy: list[Action]) -> None:
        self.answer = Answer(0, None)
        for action in busy:
            self._warn(
                f"{actions.describe(action)} is in progress: for real it is waited for first."
            )
        if self._client.dry_run and not busy:
            self._validate()

    def _validate(self) -> None:
        try:
            self._write()
        except ConflictError:
            if not self._in_progress():
                raise
            # for real, the task would have waited for it

    def _warn(self, text: str) -> None:
        self._client.notices.warn(text)

    # -- before it ------------------------------------------------------------------------------------------------------

    def _in_progress(self) -> list[Action]:
        """What is in progress on the resource that the path is about, where it is about one."""
        if self._desired.resource_id is None:
            return []
        listed = list_others(self._client, self._desired.resource_id, complete=False)
        if listed.warning:
            self._warn(listed.warning)
        return listed.in_progress

    def _after(self, busy: list[Action]) -> list[Action]:
        """All that was waited for until nothing was in progress."""
        ended: list[Action] = []
        polls = self._deadline.polls()
        while busy:
            try:
                waited = actions.wait_for_all(self._client, busy, self._deadline)
            except ApiError as error:
                self._warn(unseen(error))
            else:
                ended += waited.actions
                going_on = [
                    action
                    for action in waited.actions
                    if is_in_progress(action) and action["id"] not in waited.lost
                ]
                self._refuse(going_on, waited.said_of_unread)
            seen = {action["id"] for action in [*busy, *ended]}
            busy = [action for action in self._in_progress() if action["id"] not in seen]
            if busy and not next(polls, False):
                self._refuse(busy, "")
        return ended

    def _refuse(self, busy: list[Action], why: str) -> None:
        if busy:
            sent = "sent again" if self._tried else "sent"
            raise ActionTimeoutError(
                f"{self._desired.title} was not {sent}: {actions.describe(busy[0])} is still {actions.IN_PROGRESS} after "
                f"{self._waiting.timeout:g} s (wait_timeout).{why} Run the same task again to go on.",
                itcare_actions=busy,
            )

    def _holds(self) -> bool:
        """Whether there is an `unless`, and it holds now."""
        if self._desired.unless is None:
            return False
        self.answer = read_condition(self._client, self._desired.unless)
        self._held = self._desired.unless.holds(self.answer.data)
        return self._held

    def _comes_to_hold(self, seconds: float) -> bool:
        """`unless` again, for so long."""
        if self._holds():
            return True
        polls = self._deadline.polls(seconds if self._desired.unless else 0)
        return any(self._holds() for _poll in polls)

    # -- the write ------------------------------------------------------------------------------------------------------

    def _write(self, done: t.Callable[[], bool] | None = None) -> Answer:
        call = self._desired
        return self._client.write(
            call.method,
            call.path,
            call.content,
            media_type=call.media_type,
            once=done is None,
            fresh=True,
            query=encode(call.query),
            done=done,
        )

    def _done_before(self) -> bool:
        """After a 503: it may have been executed all the same, and what it began may be over."""
        self._tried = True
        try:
            ended = self._after(self._in_progress())
            return self._comes_to_hold(EFFECT if any(map(ended_well, ended)) else TRACE)
        except ItcareError as error:
            self.sent = True
            self.answer = Answer(503, None)
            self.itcare_actions = error.details.get("itcare_actions", [])
            raise self._unsure(f"It was answered with 503. {error}") from None

    def _send(self) -> None:
        self.answer = Answer(0, None)
        try:
            self.answer = self._write(self._done_before if self._desired.unless else None)
        except (ApiError, ConnectionFailedError) as error:
            failure = error
        else:
            self.sent = True
            self._await_end()
            return
        refused = getattr(failure, "status", None) == 503
        if refused and self._desired.unless is not None:
            if not (self._held or self._done_before()):
                raise failure
        elif not (failure.arrived or failure.after_503 or refused):
            raise failure
        self._settle(failure)

    def _settle(self, failure: ApiError | ConnectionFailedError) -> None:
        """A write whose fate is open: its effect tells."""
        self.sent = True
        self.answer = Answer(getattr(failure, "status", 0), None)
        condition, looked = self._desired.reached or self._desired.unless, ""
        if condition is not None:
            try:
                holds = self._held or self._until(condition)
                looked = f" {condition} didn't come to hold."
            except ItcareError as error:
                holds, looked = False, f" {error}"
            if holds:
                self._warn(
                    f"What {self._desired.title} was answered is lost, but {condition} holds: {failure}"
                )
                return
        raise self._unsure(f"{failure}{looked} Look at it before running this task again.")

    def _unsure(self, why: str) -> UnsureWriteError:
        return UnsureWriteError(
            f"It isn't known whether '{self._desired.title}' was executed: the call may have been executed. {why}"
        )

    # -- after it -------------------------------------------------------------------------------------------------------

    def _await_end(self) -> None:
        action = begun_action(self.answer)
        self.itcare_actions = [] if action is None else [action]
        if not self._waiting.wait:
            return
        reached = self._desired.reached
        if action is not None:
            self._await_action(action)
        elif self.answer.status == 202 and reached is None:
            self._warn(
                f"{self._desired.title} was accepted, but its answer names no action, so there was nothing to wait for: reached "
                "can tell when it is done."
            )
        if reached is not None and not self._until(reached):
            raise ActionTimeoutError(
                f"{reached} doesn't hold after {self._waiting.timeout:g} s (wait_timeout), though {self._desired.title} was "
                f"accepted. {self._what_next()}"
            )

    def _await_action(self, action: Action) -> None:
        ended = actions.wait_for_all(self._client, [action], self._deadline)
        self.itcare_actions = ended.actions
        (action,) = ended.actions
        if ended.lost:
            self._settle_lost(action)
        elif is_in_progress(action):
            raise ActionTimeoutError(
                f"{actions.describe(action)} is still {actions.IN_PROGRESS} after {self._waiting.timeout:g} s (wait_timeout)."
                f"{ended.said_of_unread} {self._what_next()}"
            )
        else:
            actions.check_success(action)

    def _settle_lost(self, action: Action) -> None:
        said = f"{actions.describe(action)} was accepted, but its record is gone"
        condition = self._desired.reached or self._desired.unless
        if condition is None or not self._until(condition):
            raise UnsureWriteError(f"{said}, so how it ended isn't known. Look at the resource.")
        self._warn(f"{said}. {condition} holds.")

    def _what_next(self) -> str:
        """Whether running the task again is safe."""
        if self._desired.unless is not None and self._desired.resource_id is not None:
            return "Run the same task again to resume: it waits for what is in progress, and sends nothing if unless holds then."
        return "Look at it before running this task again, as that may send it once more."

    def _until(self, condition: Condition) -> bool:
        return until(self._client, condition, self._deadline) is not None


def is_in_progress(action: Action) -> bool:
    return bool(action["status"] == actions.IN_PROGRESS)


def begun_action(answer: Answer) -> Action | None:
    """The action in the answer to a write: known by its status alone, as its body may be anything else."""
    told = isinstance(answer.data, dict) and answer.data.get("status") in actions.STATUSES
    return actions.read_action(answer.data) if told and answer.status != CREATED else None


def until(client: Client, condition: Condition, deadline: Deadline) -> Answer | None:
    """Reads until a condition holds; None when it doesn't in time. A read that fails is no reason to give up."""
    polls = deadline.polls()
    while True:
        try:
            answer = read_condition(client, condition)
            if condition.holds(answer.data):
                return answer
        except ItcareError as error:
            if not error.passing:
                raise
        if not next(polls, False):
            return None
