# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Lists that span pages: all of a list, or an error (docs/api.md#pages; rule 2 of docs/architecture.md#safety-rules)."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import itertools
import json
import math
import typing as t
from dataclasses import dataclass

from .answers import objects
from .errors import ApiError, IncompleteListError
from .notices import Notices

Page = dict[str, object]

PAGE_SIZE = 200  # works live (docs/api.md#pages)
WORKERS = 4
ATTEMPTS = 4  # as often is a list read whose pages don't fit together
# Entries: a list that claims or shows more is an error, so that paging always ends.
MOST = 1_000_000
MOST_PAGES = MOST // PAGE_SIZE
LOOK_AHEAD = 4  # pages per worker: enough to keep all busy, few if the count turns out to be wrong


class Getter(t.Protocol):
    """What is needed of a client: GET with retries, from several threads."""

    def get(self, path: str, params: t.Mapping[str, object] | None = None) -> t.Any:
        """Parsed JSON."""


class _UnfitError(Exception):
    """The pages don't fit together: to be read again."""


class _EndlessError(Exception):
    """No list of ITCare is like that: not to be read further, and not again."""


def fetch_all(
    client: Getter,
    path: str,
    params: t.Mapping[str, object] | None = None,
    *,
    page_size: int = PAGE_SIZE,
    workers: int = WORKERS,
    notices: Notices | None = None,
    anything: bool = False,
) -> list[t.Any]:
    """Every item of a list, each once. They are objects, unless they may be `anything`.

    Items come and go while pages are read. In the order of their ids a deletion moves all that follows to the front, the
    last page too, and what is new comes at its end. So the last page is read before those between it and the first, and
    the last and the first once more when all is read: where they and the count are as before, nothing has moved from a
    page that was still to be read to one that was read already. Otherwise all is read again, a few times.

    What can't be noticed: an item that moves while others take its place in number, where the list isn't in the order of
    ids (the server refuses or ignores `sort=id`, or `params` sorts otherwise) or where a new id is lower than an old one.
    """
    query = {**(params or {}), "size": page_size}
    return _List(client, path, query, workers, notices or Notices(), anything).read()


def goes_on(answer: object) -> bool:
    """Whether an answer is a page of a list that has other pages."""
    content = answer.get("content") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(content, list):
        return False
    total, pages = _count(answer.get("totalElements")), _count(answer.get("totalPages"))
    if total is not None:
        return total > len(content)
    return answer.get("last") is False or (pages or 0) > 1


@dataclass
class _List:
    """One list, read until its pages fit together."""

    client: Getter
    path: str
    query: dict[str, object]
    workers: int
    notices: Notices
    anything: bool = False
    unordered: bool = False

    def __post_init__(self) -> None:
        self.may_sort = self.query.get("sort") is None and self.path not in self.notices.unsorted

    def read(self) -> list[t.Any]:
        problem = ""
        for _attempt in range(ATTEMPTS):
            try:
                return self._sweep()
            except _UnfitError as error:
                problem = str(error)
            except _EndlessError as error:
                raise IncompleteListError(
                    f"GET {self.path} gave a list that can't be read to its end: {error}. Nothing was done with it; check api_url, "
                    "and proxies on the way.",
                    method="GET",
                    path=self.path,
                ) from None
        raise IncompleteListError(
            f"GET {self.path} gave no complete list, {ATTEMPTS} times: {problem}. Nothing was done with it; run again when "
            f"fewer {'entries' if self.anything else 'instances'} are being created and deleted.",
            method="GET",
            path=self.path,
        )

    def _page(self, number: int, **query: object) -> t.Any:
        return self.client.get(self.path, {**self.query, **query, "page": number})

    def _sweep(self) -> list[t.Any]:
        """The list read once. Raises _UnfitError."""
        first = self._page(0)
        if isinstance(first, list):  # not every list is paged
            return _distinct(self._checked(first))
        if self._goes_on(first) and (self.unordered or not _ascending(self._content(first))):
            first = self._sorted(first)
        total = _count(first.get("totalElements"))
        pages = self._uncounted(first) if total is None else self._counted(first, total)
        items = _distinct(item for content in pages for item in content)
        if total is not None and len(items) != total:
            raise _UnfitError(f"the server counts {total} entries and shows {len(items)}")
        if len(pages) > 1 and self.may_sort and not _ascending(items):
            self.unordered = True
            raise _UnfitError("the server doesn't list them in the order of their ids")
        return items

    def _content(self, page: object) -> list[t.Any]:
        content = page.get("content") if isinstance(page, dict) else None
        if content is None and isinstance(page, dict) and page.get("totalElements") == 0:
            return []
        if not isinstance(content, list):
            advice = "leave out paginate, or check api_url" if self.anything else "check api_url"
            raise IncompleteListError(
                f"GET {self.path} didn't answer with a list: {advice}.",
                method="GET",
                path=self.path,
            )
        return self._checked(content)

    def _checked(self, content: list[t.Any]) -> list[t.Any]:
        return content if self.anything else objects(content, f"the list of GET {self.path}")

    def _goes_on(self, first: Page) -> bool:
        """Whether there are more pages."""
        content = self._content(first)
        total = _count(first.get("totalElements"))
        if total is None:
            return bool(content) and first.get("last") is not True
        return total > len(content)

    def _sorted(self, first: Page) -> Page:
        """The first page in the order of ids, or `first` where that can't be had."""
        if not self.may_sort:
            return first
        self.may_sort = False
        try:
            page = self._page(0, sort="id")
        except ApiError as error:
            if error.status not in (400, 422, 500):
                raise
            said = str(error)
        else:
            if isinstance(page, dict) and _ascending(self._content(page)):
                self.query["sort"] = "id"
                return page
            said = "it ignores sort=id."
        self.notices.unsorted.add(self.path)
        self.notices.remark(
            f"GET {self.path} gives no list in the order of ids, so not every change between two of its pages can be "
            f"noticed: {said}"
        )
        return first

    def _counted(self, first: Page, total: int) -> list[list[t.Any]]:
        if total > MOST:
            raise _EndlessError(f"the server counts {_spelt(total)} entries")
        content = self._content(first)
        # The server may use a smaller size than was asked for, and one of several pages is full, whatever it says.
        size = min(filter(None, (_count(first.get("size")), len(content))), default=1)
        self.query["size"] = size
        last = math.ceil(total / size) - 1
        claimed = max(_count(first.get("totalPages")) or 0, last + 1)
        if claimed > min(MOST_PAGES, max(1, last + 1)):
            raise _EndlessError(
                f"the server counts {total} entries on {_spelt(claimed)} pages, of which the first has {len(content)}"
            )
        if last < 1:
            return [content]
        seen: set[object] = set()
        _new(content, seen)
        pages = {0: content}
        with contextlib.closing(self._others(last)) as others:
            for number, page in others:
                pages[number] = self._content_of(page, total)
                if not _new(pages[number], seen):
                    # What moved meanwhile may fill the rest of a last page, but no whole one.
                    raise (_EndlessError if len(pages[number]) >= size else _UnfitError)(
                        f"the server counts {total} entries and shows {len(seen)}, page {number} has none of the others"
                    )
        for number in (last, 0):
            if _ids(self._content_of(self._page(number), total)) != _ids(pages[number]):
                raise _UnfitError(f"page {number} had other entries at first than at the end")
        return [pages[number] for number in range(last + 1)]

    def _content_of(self, page: Page, total: int) -> list[t.Any]:
        content = self._content(page)
        if page.get("totalElements") != total:
            raise _UnfitError(
                f"it had {total} entries at first and {str(page.get('totalElements'))[:20]} a moment later"
            )
        return content

    def _others(self, last: int) -> t.Generator[tuple[int, Page], None, None]:
        """Pages with their numbers, the last one alone, then all between it and the first side by side. The first error
        ends it; what is queued is dropped."""
        yield last, self._page(last)
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(self.workers, last)))
        queued: collections.deque[tuple[int, concurrent.futures.Future[Page]]] = collections.deque()
        try:
            for number in range(1, last):
                queued.append((number, pool.submit(self._page, number)))
                if len(queued) >= LOOK_AHEAD * self.workers:
                    number, page = queued.popleft()
                    yield number, page.result()
            while queued:
                number, page = queued.popleft()
                yield number, page.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _uncounted(self, first: Page) -> list[list[t.Any]]:
        """A list without a count. One that goes on is read twice: nothing else tells that something moved."""
        pages = list(self._walk(first))
        if self._goes_on(first):
            again = self._walk(self._page(0))
            if any(
                _ids(one or []) != _ids(two or [])
                for one, two in itertools.zip_longest(pages, again)
            ):
                raise _UnfitError("it had other entries when it was read again")
        return pages

    def _walk(self, page: Page) -> t.Iterator[list[t.Any]]:
        """Page after page until one says that it is the last, or has fewer entries than one before it."""
        seen: set[object] = set()
        shown = full = 0
        for number in range(1, MOST_PAGES + 1):
            content = self._content(page)
            if not content:
                return
            if not _new(content, seen):
                raise (_EndlessError if len(content) >= full else _UnfitError)(
                    f"page {number - 1} has only entries that were shown before"
                )
            shown += len(content)
            if shown > MOST:
                break
            yield content
            full = max(full, len(content))
            if page.get("last") is True or (len(content) < full and page.get("last") is None):
                return
            page = self._page(number)
        raise _EndlessError(f"it shows more than {MOST} entries or {MOST_PAGES} pages, and no end")


def _spelt(number: int) -> str:
    """A number of any length."""
    return str(number) if number < 10**15 else "more than 10^15"


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _id(item: object) -> t.Any:
    """What an entry is told from others by, None where nothing does."""
    identity = item.get("id") if isinstance(item, dict) else None
    return None if isinstance(identity, (dict, list)) else identity


def _ids(items: t.Iterable[t.Any]) -> list[object]:
    """What a page is known by again."""
    return [item if _id(item) is None else _id(item) for item in items]


def _ascending(items: t.Sequence[t.Any]) -> bool:
    ids = [_id(item) for item in items]
    return all(isinstance(one, int) for one in ids) and all(
        one < two for one, two in itertools.pairwise(t.cast("list[int]", ids))
    )


def _new(content: t.Sequence[t.Any], seen: set[object]) -> bool:
    """Whether a page shows something that isn't in `seen`, where it is added. Entries without ids count as a whole."""
    ids = {_id(item) for item in content} - {None}
    if not ids and content:
        ids = {json.dumps(content, sort_keys=True)}
    before = len(seen)
    seen |= ids
    return len(seen) > before


def _distinct(items: t.Iterable[t.Any]) -> list[t.Any]:
    """Each id once: an entry that slips to the next page while pages are read is seen twice."""
    seen: set[object] = set()
    kept: list[t.Any] = []
    for item in items:
        identity = _id(item)
        if identity is None or identity not in seen:
            seen.add(identity)
            kept.append(item)
    return kept
