# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All pages of a list: complete or an error, whatever happens to the first, a middle or the last of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import (
    ConnectionFailedError,
    IncompleteListError,
    ItcareError,
    RateLimitError,
    ServerError,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.notices import Notices
from ansible_collections.cegedim.cloud.plugins.module_utils.api.pages import (
    ATTEMPTS,
    MOST,
    MOST_PAGES,
    fetch_all,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.client import SimulatedTime, client_of
from support.simulator import Simulator

INSTANCES = "/compute/instances"
PATH = "/compute/instances$"
FIRST, MIDDLE, LAST = "0", "2", "4"
EVERY_PAGE = pytest.mark.parametrize("page", [FIRST, MIDDLE, LAST])


@pytest.fixture
def fleet(simulator: Simulator) -> Simulator:
    """250 instances, five pages of 50 whatever the client asks for."""
    simulator.reset(instances=250)
    simulator.settings(max_page_size=50)
    return simulator


def ids(items: list[dict[str, Any]]) -> list[int]:
    return sorted(item["id"] for item in items)


def present(simulator: Simulator) -> int:
    count: int = simulator.control("GET", "/control/state")["instances"]
    return count


def pages_asked(simulator: Simulator) -> list[str]:
    return [entry["query"]["page"] for entry in simulator.requests() if "page" in entry["query"]]


def test_every_page_once_the_last_and_the_first_twice(fleet: Simulator) -> None:
    found = fetch_all(client_of(fleet), INSTANCES, page_size=200, workers=4)
    assert len(set(ids(found))) == 250
    asked = pages_asked(fleet)
    assert (asked[:2], sorted(asked[2:-2]), asked[-2:]) == (["0", "4"], ["1", "2", "3"], ["4", "0"])
    assert not any("sort" in entry["query"] for entry in fleet.requests())


def test_a_list_of_one_page_is_one_request(simulator: Simulator) -> None:
    assert len(fetch_all(client_of(simulator), INSTANCES)) == 40
    assert [entry["query"] for entry in simulator.requests()[1:]] == [{"page": "0", "size": "200"}]


@pytest.mark.parametrize("size", [200, 30])
def test_one_that_is_counted_and_not_shown(simulator: Simulator, size: int) -> None:
    """On one page, and on a last page that has room for it."""
    simulator.settings(count_offset=1)
    with pytest.raises(IncompleteListError, match="counts 41 entries and shows 40"):
        fetch_all(client_of(simulator), INSTANCES, page_size=size)


def test_pages_that_are_smaller_than_the_server_says(fleet: Simulator) -> None:
    def as_asked(_path: str, page: Any) -> Any:
        return {**page, "size": 200}

    found = fetch_all(client_of(fleet, shows=as_asked), INSTANCES, page_size=200)
    assert len(found) == 250
    assert len(pages_asked(fleet)) == 7


@pytest.mark.parametrize("workers", [1, 3, 16])
@pytest.mark.parametrize("page_size", [1, 49, 50, 250])
def test_any_page_size_and_number_of_workers(
    simulator: Simulator, page_size: int, workers: int
) -> None:
    found = fetch_all(client_of(simulator), INSTANCES, page_size=page_size, workers=workers)
    assert len(set(ids(found))) == 40


def test_nothing_there(simulator: Simulator) -> None:
    assert fetch_all(client_of(simulator), INSTANCES, {"names": ["NOSUCH"]}) == []
    assert pages_asked(simulator) == ["0"]


def test_same_order_as_the_server(fleet: Simulator) -> None:
    names = [i["name"] for i in fetch_all(client_of(fleet), INSTANCES, {"sort": "name,desc"})]
    assert names == sorted(names, reverse=True)


PASSING = {
    "500": {"status": 500},
    "502 as a web page": {"status": 502, "html": True},
    "503": {"status": 503},
    "504": {"status": 504},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "a cut body": {"cut": "body"},
    "a closed connection": {"cut": "before"},
    "a connection closed after executing": {"cut": "after"},
    "a reset connection": {"cut": "before", "reset": True},
    "a slow page": {"delay": 0.2},
    "a web page instead of JSON": {"status": 200, "html": True},
}


@EVERY_PAGE
@pytest.mark.parametrize("fault", [k for k in PASSING if "instead" not in k])
def test_a_passing_failure_is_overcome(fleet: Simulator, page: str, fault: str) -> None:
    fleet.fault(path=PATH, query={"page": page}, count=1, fault=PASSING[fault])
    found = fetch_all(client_of(fleet), INSTANCES, workers=4)
    assert len(set(ids(found))) == 250


@EVERY_PAGE
def test_a_page_slower_than_the_timeout_is_asked_for_again(fleet: Simulator, page: str) -> None:
    fleet.fault(path=PATH, query={"page": page}, count=1, fault={"delay": 2})
    found = fetch_all(client_of(fleet, request_timeout=0.5), INSTANCES)
    assert len(set(ids(found))) == 250


@EVERY_PAGE
@pytest.mark.parametrize("fault", [k for k in PASSING if k != "a slow page"])
def test_a_lasting_failure_is_an_error(fleet: Simulator, page: str, fault: str) -> None:
    fleet.fault(path=PATH, query={"page": page}, count=0, fault=PASSING[fault])
    with pytest.raises(ItcareError):
        fetch_all(client_of(fleet, retries=2), INSTANCES, workers=4)


def test_the_error_tells_what_failed(fleet: Simulator) -> None:
    fleet.fault(path=PATH, query={"page": "3"}, count=0, fault={"status": 500})
    with pytest.raises(ServerError, match="GET /compute/instances answered 500"):
        fetch_all(client_of(fleet, retries=1), INSTANCES)
    fleet.control("DELETE", "/control/faults")
    fleet.fault(path=PATH, query={"page": "3"}, count=0, fault={"cut": "body"})
    with pytest.raises(ConnectionFailedError):
        fetch_all(client_of(fleet, retries=1), INSTANCES)


def test_after_an_error_no_more_pages_are_begun(simulator: Simulator) -> None:
    simulator.fault(path=PATH, query={"page": "1"}, count=0, fault={"status": 403})
    with pytest.raises(ItcareError):
        fetch_all(client_of(simulator), INSTANCES, page_size=1, workers=1)
    assert len(pages_asked(simulator)) < 40


def test_429_slows_all_workers_down(fleet: Simulator) -> None:
    time = SimulatedTime(fleet)
    fleet.fault(
        path=PATH,
        query={"page": "1"},
        count=1,
        fault={"status": 429, "headers": {"Retry-After": "60"}},
    )
    found = fetch_all(client_of(fleet, time=time), INSTANCES, workers=1)
    assert len(found) == 250
    assert 60 in time.slept


def test_429_for_ever_is_an_error(fleet: Simulator) -> None:
    fault = {"status": 429, "headers": {"Retry-After": "1"}}
    fleet.fault(path=PATH, count=0, fault=fault)
    with pytest.raises(RateLimitError):
        fetch_all(client_of(fleet, retries=3), INSTANCES)


@pytest.mark.parametrize("page", ["1", MIDDLE, LAST])
@pytest.mark.parametrize("drift", [{"remove": 3}, {"insert": 3}, {"remove": 2, "insert": 2}])
def test_page_drift_is_mended(fleet: Simulator, page: str, drift: dict[str, int]) -> None:
    """Instances come and go while pages are read: what is found is what is there afterwards."""
    fleet.fault(path=PATH, query={"page": page}, count=1, fault=drift)
    found = fetch_all(client_of(fleet), INSTANCES, workers=1)
    assert len(set(ids(found))) == len(found) == present(fleet)
    assert ids(found) == ids(fetch_all(client_of(fleet), INSTANCES))


@pytest.mark.parametrize("drift", [{"remove": 1}, {"insert": 1}])
def test_drift_that_does_not_end_is_an_error(fleet: Simulator, drift: dict[str, int]) -> None:
    fleet.fault(path=PATH, query={"page": "2"}, count=0, fault=drift)
    with pytest.raises(IncompleteListError, match="no complete list, 4 times"):
        fetch_all(client_of(fleet), INSTANCES, workers=1)


@pytest.mark.parametrize("lie", [1, -1, 50, 900_000, 5_000_000_000])
def test_a_count_that_is_not_met_is_an_error(fleet: Simulator, lie: int) -> None:
    fleet.settings(count_offset=lie)
    with pytest.raises(IncompleteListError, match=f"counts {250 + lie} entries"):
        fetch_all(client_of(fleet), INSTANCES)
    # A wild promise isn't followed page by page.
    assert len(pages_asked(fleet)) < 40


class Answers:
    """A server for answers that the simulator never gives."""

    def __init__(self, *pages: Any) -> None:
        self._pages = pages
        self.asked: list[int] = []

    def get(self, path: str, params: Any = None) -> Any:
        self.asked.append(params["page"])
        page = params["page"]
        return self._pages[page] if page < len(self._pages) else self._pages[-1]


def items(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in numbers]


def test_a_bare_array_is_the_whole_list() -> None:
    server = Answers(items(1, 2, 2))
    assert fetch_all(server, "/actions") == items(1, 2)
    assert server.asked == [0]


def test_without_a_count_pages_are_read_to_the_last() -> None:
    server = Answers({"content": items(1, 2)}, {"content": items(3)}, {"content": []})
    assert fetch_all(server, "/x", page_size=2) == items(1, 2, 3)
    assert server.asked == [0, 1, 0, 1]  # the second page isn't full
    server = Answers({"content": items(1, 2)}, {"content": items(3, 4)}, {"content": []})
    assert fetch_all(server, "/x", page_size=2) == items(1, 2, 3, 4)
    assert server.asked == [0, 1, 2, 0, 1, 2]
    server = Answers(
        {"content": items(1, 2)}, {"content": items(3), "last": False}, {"content": items(4)}
    )
    assert fetch_all(server, "/x", page_size=2) == items(1, 2, 3, 4)
    server = Answers({"content": items(1), "size": 200}, {"content": items(2)}, {"content": []})
    assert fetch_all(server, "/x", page_size=200) == items(
        1, 2
    )  # `size` may just be what was asked
    server = Answers({"content": items(1), "last": True})
    assert fetch_all(server, "/x") == items(1)
    assert server.asked == [0]


def test_entries_without_an_id_are_all_kept() -> None:
    page = {"content": [{"name": "a"}, {"name": "b"}], "totalElements": 2, "size": 200}
    assert fetch_all(Answers(page), "/x") == page["content"]


def test_an_empty_list_may_have_no_content() -> None:
    assert fetch_all(Answers({"content": None, "totalElements": 0}), "/x") == []


@pytest.mark.parametrize("last", [True, False])
def test_with_a_count_nothing_else_ends_a_list(last: bool) -> None:
    """Neither `last` nor a page that is shorter than the one before it."""
    claims = {"totalElements": 4, "last": last}
    server = Answers({"content": items(1, 2), **claims}, {"content": items(3, 4), **claims})
    assert fetch_all(server, "/x") == items(1, 2, 3, 4)
    server = Answers({"content": items(1, 2), **claims}, {"content": items(3), **claims})
    with pytest.raises(IncompleteListError, match="counts 4 entries and shows 3"):
        fetch_all(server, "/x")


@pytest.mark.parametrize("answer", [None, "text", 5, {}, {"content": None}, {"content": {}}])
def test_what_is_no_list_is_an_error(answer: Any) -> None:
    with pytest.raises(IncompleteListError, match="didn't answer with a list"):
        fetch_all(Answers(answer), "/x")


# -- paging always ends ---------------------------------------------------------------------------

SAME = {"content": items(1, 2)}
ENDLESS: dict[str, dict[str, Any]] = {
    "no count": SAME,
    "no count, no ids": {"content": [{"name": "a"}]},
    "no count, never the last": {**SAME, "last": False},
    "a wild count": {**SAME, "totalElements": 900_000, "size": 2},
    "a wilder count": {**SAME, "totalElements": 3 * 10**9, "size": 2},
    "the wildest count": {**SAME, "totalElements": 10**4000},
    "a wild number of pages": {**SAME, "totalPages": 10**9},
    "both": {**SAME, "totalElements": 3 * 10**9, "totalPages": 10**9, "size": 1},
    "a plausible count": {**SAME, "totalElements": 6, "size": 2},
    "more pages than the entries can fill": {**SAME, "totalElements": 6, "totalPages": 4},
    "pages of nothing": {"content": [], "totalElements": 0, "totalPages": 10**6},
    "one page of a million": {**SAME, "totalElements": 2, "totalPages": 10**6},
}


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_a_server_that_ignores_the_page_is_not_asked_again(answer: dict[str, Any]) -> None:
    server = Answers(answer)
    with pytest.raises(IncompleteListError, match="can't be read to its end") as caught:
        fetch_all(server, "/x", page_size=2)
    assert len(server.asked) <= 3  # one more in the order of ids, where there are none
    assert len(str(caught.value)) < 300


class Endless:
    """A server that always has a page, `size` entries of those that it has."""

    def __init__(self, size: int, of: int, **claims: Any) -> None:
        self._size, self._of, self._claims = size, of, claims
        self.asked = 0

    def get(self, path: str, params: Any = None) -> Any:
        self.asked += 1
        first = params["page"] * self._size
        shown = (number % self._of for number in range(first, first + self._size))
        return {"content": items(*shown), **self._claims}


@pytest.mark.parametrize(
    "server",
    [
        Endless(1, 500),
        Endless(1, 500, last=False),
        Endless(200, 1000, totalElements=MOST),
        Endless(200, 1000, totalElements=MOST, totalPages=MOST // 200),
    ],
    ids=["one by one", "never the last", "counted", "with pages"],
)
def test_pages_that_repeat_are_asked_for_once(server: Endless) -> None:
    with pytest.raises(IncompleteListError, match="can't be read to its end"):
        fetch_all(server, "/x", workers=1)
    assert server.asked <= 501


@pytest.mark.parametrize("claims", [{}, {"totalElements": MOST}])
def test_one_by_one_for_ever(claims: dict[str, Any]) -> None:
    """Each page has something new: there are more of them than of any list."""
    server = Endless(1, 10**9, **claims)
    with pytest.raises(IncompleteListError, match="can't be read to its end: .* pages"):
        fetch_all(server, "/x")
    assert server.asked <= MOST_PAGES + 1


@pytest.mark.parametrize("more", [{}, {"totalElements": MOST - 1, "size": 100_000}])
def test_a_server_that_always_has_something_new(more: dict[str, Any]) -> None:
    class Growing:
        asked = 0

        def get(self, path: str, params: Any = None) -> Any:
            self.asked += 1
            first = self.asked * 100_000
            return {"content": items(*range(first, first + 100_000)), **more}

    server = Growing()
    with pytest.raises(IncompleteListError):
        fetch_all(server, "/x", page_size=100_000, workers=1)
    assert server.asked < 20 * ATTEMPTS


def test_a_server_without_a_count_that_ignores_the_page(simulator: Simulator) -> None:
    page = b'{"content": [{"id": 1, "name": "A"}]}'
    simulator.fault(path=PATH, count=0, fault={"status": 200, "body": page.decode()})
    with pytest.raises(IncompleteListError, match="page 1 has only entries that were shown before"):
        fetch_all(client_of(simulator), INSTANCES)


# -- in the order of ids --------------------------------------------------------------------------


@pytest.fixture
def backwards(fleet: Simulator) -> Simulator:
    """A server whose own order isn't that of the ids."""
    fleet.settings(default_sort="name,desc")
    return fleet


def sorts_asked(simulator: Simulator) -> list[str | None]:
    return [e["query"].get("sort") for e in simulator.requests() if "page" in e["query"]]


def test_another_order_is_asked_for_by_id(backwards: Simulator) -> None:
    found = fetch_all(client_of(backwards), INSTANCES)
    assert [item["id"] for item in found] == sorted(item["id"] for item in found)
    assert len(found) == 250
    assert sorts_asked(backwards) == [None, *["id"] * 7]


def test_another_order_shows_late(fleet: Simulator) -> None:
    """A page of one entry is in any order."""
    fleet.reset(instances=4)
    fleet.settings(default_sort="name,desc")
    found = fetch_all(client_of(fleet), INSTANCES, page_size=1)
    assert [item["id"] for item in found] == sorted(item["id"] for item in found)
    assert sorts_asked(fleet).count(None) < len(sorts_asked(fleet)) / 2 + 1


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_that_refuses_to_sort(backwards: Simulator, status: int) -> None:
    backwards.fault(path=PATH, query={"sort": "id"}, count=0, fault={"status": status})
    notices = Notices()
    found = fetch_all(client_of(backwards, retries=0), INSTANCES, notices=notices)
    assert len(set(ids(found))) == 250
    assert sorts_asked(backwards) == [None, "id", *[None] * 6]
    assert f"answered {status}" in notices.remarks[0]
    assert not notices.warnings
    backwards.clear_requests()  # the next list of the same task doesn't try again
    fetch_all(client_of(backwards), INSTANCES, notices=notices)
    assert sorts_asked(backwards) == [None] * 7


@pytest.mark.parametrize("status", [401, 403, 404])
def test_another_failure_of_the_sorted_page_is_an_error(backwards: Simulator, status: int) -> None:
    backwards.fault(path=PATH, query={"sort": "id"}, count=0, fault={"status": status})
    with pytest.raises(ItcareError, match=f"answered {status}"):
        fetch_all(client_of(backwards, retries=0), INSTANCES)


def test_a_server_that_ignores_sort() -> None:
    server = Answers(
        {"content": items(9, 8), "totalElements": 3, "size": 2},
        {"content": items(7), "totalElements": 3, "size": 2},
    )
    notices = Notices()
    assert fetch_all(server, "/x", notices=notices) == items(9, 8, 7)
    assert server.asked == [0, 0, 1, 1, 0]
    assert "it ignores sort=id" in notices.remarks[0]


# -- a shifted page is noticed --------------------------------------------------------------------


def test_one_deleted_before_and_one_created_behind(fleet: Simulator) -> None:
    """The count stays right, and the entry that slipped to a page which had been read would be missing."""
    everyone = set(ids(fetch_all(client_of(fleet), INSTANCES)))
    done: list[str] = []

    def changes(_method: str, _path: str, params: Any) -> None:
        if params["page"] == 1 and not done:
            done.append("once")
            fleet.remove(min(everyone))
            fleet.add(name="PEB4LATE01")

    found = set(ids(fetch_all(client_of(fleet, after=changes), INSTANCES, workers=1)))
    assert everyone - {min(everyone)} <= found
    assert len(found) == 250


class Fleet:
    """A model of a service: before each answer, what the schedule says happens. New ids are the highest."""

    def __init__(
        self, count: int, size: int, order: Callable[[int], int], counted: bool, schedule: list[Any]
    ) -> None:
        self.alive = list(range(count))
        self.lived_through = set(self.alive)
        self._next = count
        self._size = size
        self._order = order
        self._counted = counted
        self._schedule = list(schedule)
        self._lock = threading.Lock()

    def _happens(self) -> None:
        for event in self._schedule.pop(0) if self._schedule else ():
            if event is None:
                self.alive.append(self._next)
                self._next += 1
            elif self.alive:
                gone = self.alive.pop(event % len(self.alive))
                self.lived_through.discard(gone)

    def get(self, path: str, params: Any = None) -> Any:
        with self._lock:
            self._happens()
            shown = sorted(self.alive, key=None if params.get("sort") == "id" else self._order)
            start = params["page"] * self._size
            page: dict[str, Any] = {"content": items(*shown[start : start + self._size])}
            if self._counted:
                page.update(totalElements=len(shown), size=self._size)
            return page


EVENTS = st.lists(st.none() | st.integers(0, 30), max_size=3)


@settings(max_examples=300, deadline=None)
@example(count=2, size=1, order=abs, counted=False, schedule=[[], [0]], workers=1)
@given(
    count=st.integers(0, 12),
    size=st.integers(1, 4),
    order=st.sampled_from([lambda i: i, lambda i: -i, lambda i: i * 7 % 5]),
    counted=st.booleans(),
    schedule=st.lists(EVENTS, max_size=30),
    workers=st.integers(1, 3),
)
def test_none_that_lived_all_the_while_is_missing(
    count: int,
    size: int,
    order: Callable[[int], int],
    counted: bool,
    schedule: list[Any],
    workers: int,
) -> None:
    server = Fleet(count, size, order, counted, schedule)
    try:
        found = {item["id"] for item in fetch_all(server, "/x", page_size=size, workers=workers)}
    except IncompleteListError:
        return
    assert server.lived_through <= found
