# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. What `include` adds to listed instances: one request for each instance and part."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ...api.answers import Item, one_object
from ...api.client import Client
from ...api.errors import NotFoundError
from ..selection.queries import INSTANCES
from ..snapshot.state import read_one

READERS = 8  # instances whose parts are read at the same time
# A part's fields, under the names that the API has for them in an instance, asked by its path and id. In the order in which
# they are read: the detail shows fields of the others, too, and maybe empty.
PARTS: dict[str, t.Callable[[Client, str, int], Item]] = {
    "detail": lambda client, path, _: one_object(client.get(path), f"The answer to GET {path}"),
    "storage": lambda client, path, _: {"storageInformation": client.get(f"{path}/storage")},
    "network": lambda client, path, _: {"network": client.get(f"{path}/networks")},
    "snapshot": lambda client, _, id_: {"snapshot": read_one(client, {"id": id_})["snapshot"]},
}


def add_parts(
    client: Client, instances: t.Sequence[Item], include: t.Container[str], workers: int = READERS
) -> None:
    """Adds parts to listed instances, in place. A part that isn't there stays as the list had it, and so does an instance
    that shows no id to ask by."""
    readers = [read for part, read in PARTS.items() if part in include]
    known = [instance for instance in instances if instance.get("id") is not None]

    def add(instance: Item) -> None:
        identity = instance["id"]  # now, as the detail may show none
        for read in readers:
            try:
                instance.update(read(client, f"{INSTANCES}/{identity}", identity))
            except NotFoundError:  # of this part, or the instance has just gone
                continue

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(add, known if readers else ()))  # the first error is raised
