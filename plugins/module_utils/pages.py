# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that span pages: all of a list, or an error (contract, section 3; design, rule 2)."""

from __future__ import annotations

import collections
import concurrent.futures
import math
import typing as t

from .errors import IncompleteListError

Item = dict[str, t.Any]
Page = dict[str, t.Any]

PAGE_SIZE = 200  # works live (contract, section 3)
WORKERS = 4
LOOK_AHEAD = 4  # pages per worker: enough to keep all busy, few if the count turns out to be wrong


class Getter(t.Protocol):
    """What is needed of a client: GET with retries, from several threads."""

    def get(self, path: str, params: t.Mapping[str, t.Any] | None = None) -> t.Any:
        """Parsed JSON."""


def fetch_all(
    client: Getter,
    path: str,
    params: t.Mapping[str, t.Any] | None = None,
    *,
    page_size: int = PAGE_SIZE,
    workers: int = WORKERS,
) -> list[Item]:
    """Every item of a list, each once, in the server's order.

    Instances come and go while pages are read. When the pages don't fit together the list is read once more, and if
    they still don't it is an error: a list that may be short is never returned.
    """
    problem = ""
    for _attempt in range(2):
        items, problem = _sweep(client, path, params or {}, page_size, workers)
        if not problem:
            return items
    raise IncompleteListError(
        f"GET {path} gave no complete list, twice: {problem}. Nothing was done with it; run again when fewer instances "
        "are being created and deleted.",
        method="GET",
        path=path,
    )


def _sweep(
    client: Getter, path: str, params: t.Mapping[str, t.Any], page_size: int, workers: int
) -> tuple[list[Item], str]:
    """The list read once, and what is wrong with it (nothing: "")."""
    first = client.get(path, {**params, "page": 0, "size": page_size})
    if isinstance(first, list):  # not every list is paged
        return _distinct(first), ""
    content = _content(first, path)
    total = _count(first.get("totalElements"))
    # The server may use a smaller size than was asked for.
    size = _count(first.get("size")) or len(content) or page_size
    query = {**params, "size": size}
    if total is None:
        return _walk(client, path, query, first)
    pages = [content]
    problem = ""
    for page in _others(client, path, query, math.ceil(total / size), workers):
        content = _content(page, path)
        pages.append(content)
        if page.get("totalElements") != total:
            problem = (
                f"it had {total} entries at first and {page.get('totalElements')} a moment later"
            )
            break
        if not content:
            break  # the count promised more: no need to ask for the rest
    items = _distinct(item for content in pages for item in content)
    if not problem and len(items) != total:
        problem = f"the server counts {total} entries and shows {len(items)}"
    return items, problem


def _others(client: Getter, path: str, query: Page, pages: int, workers: int) -> t.Iterator[Page]:
    """Pages 1 to the last, in order, fetched side by side. The first error ends it; what is queued is dropped."""
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(workers, pages - 1)))
    queued: collections.deque[concurrent.futures.Future[Page]] = collections.deque()
    try:
        for number in range(1, pages):
            queued.append(pool.submit(client.get, path, {**query, "page": number}))
            if len(queued) >= LOOK_AHEAD * workers:
                yield queued.popleft().result()
        while queued:
            yield queued.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _walk(client: Getter, path: str, query: Page, page: Page) -> tuple[list[Item], str]:
    """A list without a count: page after page until one says that it is the last, or is empty."""
    found: list[Item] = []
    number = 0
    while True:
        content = _content(page, path)
        found += content
        if not content or page.get("last") is True:
            return _distinct(found), ""
        number += 1
        page = client.get(path, {**query, "page": number})


def _content(page: t.Any, path: str) -> list[Item]:
    content = page.get("content") if isinstance(page, dict) else None
    if content is None and isinstance(page, dict) and page.get("totalElements") == 0:
        return []
    if not isinstance(content, list):
        raise IncompleteListError(
            f"GET {path} didn't answer with a list: check api_url.", method="GET", path=path
        )
    return content


def _count(value: t.Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _distinct(items: t.Iterable[Item]) -> list[Item]:
    """Each id once: an entry that slips to the next page while pages are read is seen twice."""
    seen: set[t.Any] = set()
    kept: list[Item] = []
    for item in items:
        identity = item.get("id")
        if identity is None or identity not in seen:
            seen.add(identity)
            kept.append(item)
    return kept
