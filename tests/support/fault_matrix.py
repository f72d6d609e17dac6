# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must come out when a request of each kind is met by each fault: the table that test_fault_matrix.py holds the code to.

It follows from docs/architecture.md#safety-rules, not from what the code does. A kind of request is added by a column and an entry of
KINDS, a fault by a row and an entry of FAULTS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.bulk import PartialFailureError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.gather import gather
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.ensure import (
    ensure as ensure_request,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME
from support.tasks import CREATE, SNAPSHOT, STOPPED

# A line for each fault (what the server does: FAULTS), a column for each kind of request (and its task: KINDS). What the
# words mean is in OUTCOMES. After each cell the fault is gone and the task runs again: that ends in the desired state.
TABLE = """
               token    list     detail   actions  create   operation delete   snapshot recover  reset    forced   poll     call     pages
nothing        once     once     once     once     once     once      once     once     once     once     once     once     once     once
refused        unsent   unsent   unsent   unsent   unsent   unsent    unsent   unsent   unsent   unsent   unsent   waits    unsent   unsent
dns            unsent   unsent   unsent   unsent   unsent   unsent    unsent   unsent   unsent   unsent   unsent   waits    unsent   unsent
reset_before   again    again    again    again    unsure   again     again    again    again    unsure   unsure   again    unsure   again
reset_after    again    again    again    again    found    found     found    found    found    found    found    again    found    again
timeout_before again    again    again    again    unsure   again     again    again    again    unsure   unsure   again    unsure   again
timeout_late   again    again    again    again    found    found     found    found    found    found    found    again    found    again
timeout_after  again    again    again    again    found    found     found    found    found    found    found    again    found    again
401_once       login    again    again    again    again    again     again    again    again    again    again    again    again    again
401_always     login    fails_2  fails_2  unseen   fails_2  fails_2   fails_2  fails_2  fails_2  fails_2  fails_2  fails_2  fails_2  fails_2
403            login    fails    fails    unseen   fails    fails     fails    fails    fails    fails    fails    fails    fails    fails
405            fails    fails    fails    fails    fails    fails     fails    fails    fails    fails    fails    fails    fails    fails
409            fails    fails    fails    fails    fails_2  fails_2   fails_2  fails_2  fails_2  fails_2  fails_2  fails    fails    fails
429            again    again    again    again    again    again     again    again    again    again    again    again    again    again
429_seconds    again    again    again    again    again    again     again    again    again    again    again    again    again    again
429_date       again    again    again    again    again    again     again    again    again    again    again    again    again    again
500            again    again    again    again    unsure   again     again    again    again    unsure   unsure   again    unsure   again
502_html       again    again    again    again    unsure   again     again    again    again    unsure   unsure   again    unsure   again
503_before     again    again    again    again    again    again     again    again    again    unsure   unsure   again    again    again
503_after      again    again    again    again    found    found     found    found    found    found    found    again    found    again
500_after      again    again    again    again    found    found     found    found    found    found    found    again    found    again
cut_body       again    again    again    again    found    found     found    found    found    found    found    again    found    again
cut_json       again    again    again    again    found    found     found    found    found    found    found    again    found    again
html_200       unread   fails    fails    fails    unsure   again     again    again    again    unsure   unsure   again    unsure   fails
content_type   once     once     once     once     once     once      once     once     once     once     once     once     once     once
empty_200      unread   unread   unread   once     once     once      once     once     once     once     once     again    once     unread
empty_before   unread   unread   unread   once     late     late      late     late     late     unsure   late     again    unmet    unread
slow_drip      fails    fails    fails    fails    found    found     found    found    found    found    found    again    found    fails
redirect       fails    fails    fails    fails    fails    fails     fails    fails    fails    fails    fails    fails    fails    fails
"""


@dataclass(frozen=True)
class Outcome:
    """What a word of the table means."""

    meaning: str
    sent: int | None  # how often the request went out that was hit; None: as often as it takes
    error: type[errors.ItcareError] | None = None  # None: the task ends well
    says: str = ""  # what the message has beside the request and the fault's own words
    named: bool = True  # the message names the request
    from_fault: bool = False  # error and words are the fault's

    @property
    def fails(self) -> bool:
        return self.from_fault or self.error is not None


OUTCOMES = {
    "once": Outcome("Ends well; the answer is as good as any.", 1),
    "again": Outcome("Ends well; the request is sent once more.", 2),
    "found": Outcome("Ends well; a look finds that the write was executed.", 1),
    "unseen": Outcome("Ends well, and warns that others' actions can't be seen.", None),
    "fails": Outcome("Fails at once, with the fault's error.", 1, from_fault=True),
    "fails_2": Outcome("Fails with the fault's error, after one more try.", 2, from_fault=True),
    "login": Outcome(
        "Fails at once: the credentials aren't taken.",
        1,
        errors.AuthenticationError,
        "Check client_id",
    ),
    "unsent": Outcome(
        "Fails: nobody is there to be asked.", 0, errors.ConnectionFailedError, "was not sent"
    ),
    "unread": Outcome(
        "Fails at once: the answer isn't what it must be.",
        1,
        errors.ItcareError,
        "check (api|token)_url",
    ),
    "unsure": Outcome(
        "Fails: the write may have been executed, and isn't sent again.",
        1,
        errors.UnsureWriteError,
        "It isn't known whether '.+' was executed.*Look at it before running this task again",
    ),
    "late": Outcome(
        "Fails at the end of wait_timeout: taken for accepted, but the effect doesn't show.",
        1,
        errors.ActionTimeoutError,
        "doesn't show the effect of '.+' after 60 s.*Run the same task again to resume",
        named=False,
    ),
    "unmet": Outcome(
        "Fails at the end of wait_timeout: accepted, but what was to be reached isn't.",
        1,
        errors.ActionTimeoutError,
        "reached .+ doesn't hold after 600 s.*Run the same task again to resume",
    ),
    "waits": Outcome(
        "Fails at the end of wait_timeout; the action goes on.",
        0,
        errors.ActionTimeoutError,
        "is still IN_PROGRESS.*Run the same task again to resume",
    ),
}


@dataclass(frozen=True)
class Fault:
    """`does` is what the simulator is told, `lasts`: from the first such request on, for ever."""

    does: dict[str, Any] | None = None
    lasts: bool = False
    error: type[errors.ItcareError] = errors.ItcareError
    says: str = ""
    away: str = ""  # the address at which the service is from then on
    impatient: bool = False  # the client waits IMPATIENCE seconds only
    pause: int | None = None  # seconds that the client must wait
    wait_timeout: int = 1800  # of the task
    tick: int = 0  # seconds of the client's clock that go by each time it is looked at


IMPATIENCE = 0.1
AFTER_THAT = {"until_gone": True}  # when the client has given up, however slow it is
NOBODY = "nobody"  # an address that refuses connections, made by the test
ELSEWHERE = "elsewhere"  # another server, made by the test

FAULTS = {
    "nothing": Fault(),
    "refused": Fault(away=NOBODY, says="refuses connections", wait_timeout=10),
    "dns": Fault(away="http://no-such-host.invalid", says="can't be resolved", wait_timeout=10),
    "reset_before": Fault({"cut": "before", "reset": True}, says="was cut before"),
    "reset_after": Fault({"cut": "after", "reset": True}),
    "timeout_before": Fault({"delay": 60, "status": 504, **AFTER_THAT}, impatient=True, says="not answered within"),
    "timeout_late": Fault({"delay": 60, **AFTER_THAT}, impatient=True),
    "timeout_after": Fault({"delay_after": 60, **AFTER_THAT}, impatient=True),
    "401_once": Fault({"status": 401}, error=errors.AuthenticationError, says="answered 401"),
    "401_always": Fault({"status": 401}, True, errors.AuthenticationError, "answered 401"),
    "403": Fault({"status": 403}, True, errors.ForbiddenError, "answered 403"),
    "405": Fault({"status": 405}, True, errors.ApiError, "answered 405"),
    "409": Fault({"status": 409}, True, errors.ConflictError, "answered 409"),
    "429": Fault({"status": 429}),
    "429_seconds": Fault({"status": 429, "retry_after": 7}, pause=7),
    "429_date": Fault({"status": 429, "retry_after": 7, "as_date": True}, pause=7),
    "500": Fault({"status": 500}, says="answered 500"),
    "502_html": Fault({"status": 502, "html": True}, says="answered 502"),
    "503_before": Fault({"status": 503}, says="answered 503"),
    "503_after": Fault({"status": 503, "execute": True}),
    "500_after": Fault({"status": 500, "execute": True}),
    "cut_body": Fault({"cut": "body"}),
    "cut_json": Fault({"cut": "json"}),
    "html_200": Fault({"status": 200, "html": True}, error=errors.ApiError, says="a web page|token"),
    "content_type": Fault({"content_type": "text/html"}),
    "empty_200": Fault({"status": 200, "execute": True}),
    "empty_before": Fault({"status": 200}, wait_timeout=60),
    "slow_drip": Fault(
        {"drip": 0.01}, error=errors.ConnectionFailedError, says="not answered completely within", tick=60
    ),
    "redirect": Fault({"location": ELSEWHERE}, True, errors.ApiError, "redirects to"),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of request: which ones are hit, and the task that sends them."""

    method: str
    path: str  # an expression that its path matches
    work: Callable[[Client, Any], Result]
    options: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] | None = field(default_factory=dict)  # of NAME; None: it isn't there
    query: dict[str, str] = field(default_factory=dict)
    desired: dict[str, Any] | None = None  # fields of NAME at the end; None: it is gone
    writes: int = 1  # of the whole task
    clean: int = 1  # such requests when nothing goes wrong
    writes_before: int = 0  # so many of them before such a request
    repeats: bool = False  # each run does it anew
    history: bool = False  # it had an action before
    settings: dict[str, Any] = field(default_factory=dict)  # of the simulator

    @property
    def is_token(self) -> bool:
        return self.path.startswith("/token")

    @property
    def wrapped(self) -> type[errors.ItcareError] | None:
        """The error in which others are told, where a task is about many instances."""
        many = self.work in (ensure_snapshot, ensure_patch_party)
        return PartialFailureError if many else None


RESIZE = {"name": NAME, "sizing": "4cpu8gb"}
RESIZED = {"cpu": 4, "ram": 8}
ONE = "/compute/instances/[0-9]+$"
BIGGER = {"key": "cpu", "equals": 4}
CALL = {
    "method": "PATCH",
    "path": "/compute/instances/99",
    "body": {"operation": "resize", "options": {"sizing": "4cpu8gb"}},
    "unless": BIGGER,
    "reached": BIGGER,
    "wait_timeout": 600,  # in which what isn't executed is looked for
}

KINDS = {
    "token": Kind("POST", "/token$", ensure, RESIZE, desired=RESIZED),
    "list": Kind(
        "GET", "/compute/instances$", gather, fields=None, query={"page": "1"}, writes=0,
        settings={"max_page_size": 15},
    ),
    "detail": Kind("GET", ONE, ensure, {"id": 99, "sizing": "4cpu8gb"}, {"id": 99}, desired=RESIZED, clean=2),
    "actions": Kind(
        "GET", "/actions$", ensure, {"name": NAME, "state": "stopped"}, desired=STOPPED, history=True
    ),
    "create": Kind("POST", "/instances$", ensure, CREATE, None, desired={"cpu": 2, "ram": 4}),
    "operation": Kind("PATCH", ONE, ensure, RESIZE, desired=RESIZED),
    "delete": Kind("DELETE", ONE, ensure, {"name": NAME, "state": "absent"}, STOPPED),
    "snapshot": Kind(
        "POST", "/snapshots$", ensure_snapshot, {"names": [NAME], "description": "ours"},
        desired={"snapshot": {"description": "ours"}},
    ),
    "recover": Kind(
        "PATCH", "/snapshots$", ensure_snapshot, {"names": [NAME], "state": "recovered"}, SNAPSHOT, desired=SNAPSHOT
    ),
    "reset": Kind(
        "PATCH", ONE, ensure, {"name": NAME, "state": "reset"}, desired={"status": "ACTIVE"}, repeats=True
    ),
    "forced": Kind(
        "PATCH", "/snapshots$", ensure_snapshot, {"names": [NAME], "state": "recovered", "force": True},
        SNAPSHOT, desired=SNAPSHOT, repeats=True,
    ),
    "poll": Kind(
        "GET", "/actions/[0-9]+$", ensure, RESIZE, desired=RESIZED, writes_before=1,
        settings={"action_delay": 0.1},
    ),
    "call": Kind("PATCH", ONE, ensure_request, CALL, {"id": 99}, desired=RESIZED),
    "pages": Kind(
        "GET", "/compute/instances$", ensure_request, {"path": "/compute/instances", "paginate": True},
        fields=None, query={"page": "1"}, writes=0, settings={"max_page_size": 15},
    ),
}  # fmt: skip


PROTECTED = {"enabled": True}
# Other writes, for which each effect is seen as that of the operation is, and the faults that tell.
LIKE_OPERATION = {
    "start": Kind(
        "PATCH", ONE, ensure, {"name": NAME, "state": "started"}, STOPPED, desired={"status": "ACTIVE"}
    ),
    "stop": Kind("PATCH", ONE, ensure, {"name": NAME, "state": "stopped"}, desired=STOPPED),
    "monitoring": Kind(
        "PATCH", ONE, ensure, {"name": NAME, "monitoring": PROTECTED}, desired={"monitoringEnabled": True}
    ),
    "backup": Kind(
        "PATCH", ONE, ensure, {"name": NAME, "backup": PROTECTED}, desired={"backupStatus": True}
    ),
    "replication": Kind(
        "PATCH", ONE, ensure, {"name": NAME, "replication": PROTECTED}, desired={"replicationStatus": True}
    ),
    "delete_snapshot": Kind(
        "DELETE", "/snapshots/.+$", ensure_snapshot, {"names": [NAME], "state": "absent"}, SNAPSHOT,
        desired={"snapshot": None},
    ),
    "exclude": Kind(
        "PATCH", ONE, ensure_patch_party, {"names": [NAME], "excluded": True, "exclusion_reason": "Release"},
        desired={"patchParty": {"excluded": True, "exclusionReason": "Release"}},
    ),
    "patch_group": Kind(
        "PATCH", ONE, ensure_patch_party, {"names": [NAME], "patch_group": "2"},
        desired={"patchParty": {"patchGroup": "2"}},
    ),
}  # fmt: skip
TELLING = (
    "reset_before",
    "reset_after",
    "timeout_late",
    "500",
    "503_before",
    "503_after",
    "empty_200",
)


def rows() -> dict[str, dict[str, str]]:
    """The table's words, by fault and by kind."""
    head, *lines = TABLE.strip().splitlines()
    kinds = head.split()
    return {line.split()[0]: dict(zip(kinds, line.split()[1:])) for line in lines}
