# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing instances: what the module itcare_instance_info does."""

from __future__ import annotations

import re
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .client import Client
from .errors import InputError, NotFoundError
from .naming import camel, to_snake
from .plan import Result
from .selection import INSTANCES, Selection, fetch
from .snapshot_queries import read_one

READERS = 8  # instances whose details are read at the same time
INCLUDES = ("detail", "storage", "network", "snapshot")


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_instance_info."""
    selection = Selection.from_options(options)
    include = [part for part in INCLUDES if part in (options.get("include") or [])]
    found = fetch(client, selection, sort=check_sort(options.get("sort")))
    if include:
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            found = list(pool.map(lambda instance: add_parts(client, instance, include), found))
    return Result(changed=False, values={"instances": to_snake(found)})


def add_parts(
    client: Client, instance: dict[str, t.Any], include: t.Sequence[str]
) -> dict[str, t.Any]:
    """The instance with what only its own calls tell. Parts of one that is gone meanwhile stay as the list had them."""
    path = f"{INSTANCES}/{instance.get('id')}"
    instance = dict(instance)
    try:
        if "detail" in include:
            instance.update(client.get(path) or {})
        if "storage" in include:
            instance["storageInformation"] = client.get(f"{path}/storage")
        if "network" in include:
            instance["network"] = client.get(f"{path}/networks")
        if "snapshot" in include:
            instance["snapshot"] = read_one(client, instance)["snapshot"]
    except NotFoundError:
        pass
    return instance


def check_sort(text: str | None) -> str | None:
    """`property(,asc|desc)`, the property in snake or camel case."""
    if text is None:
        return None
    found = re.fullmatch(r"([A-Za-z][\w.]*)(?:,(asc|desc))?", text.replace(" ", ""), re.I)
    if not found:
        raise InputError(
            f"sort is one property with an optional direction, such as 'name' or 'name,desc', not '{text}'."
        )
    name = (
        found[1]
        if re.search("[A-Z]", found[1])
        else ".".join(camel(part) for part in found[1].split("."))
    )
    return f"{name},{found[2].lower()}" if found[2] else name
