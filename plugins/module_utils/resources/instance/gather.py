# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Listing instances: what the module itcare_instance_info does."""

from __future__ import annotations

import re
import typing as t

from ...api.answers import Item, dig
from ...api.case import camel, to_snake
from ...api.client import Client
from ...api.errors import InputError
from ...result import Result
from ..selection.selection import Selection, fetch
from .parts import add_parts


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_instance_info."""
    selection = Selection.from_options(options)
    sort = check_sort(options.get("sort"))
    found = in_order(fetch(client, selection), sort)
    add_parts(client, found, options.get("include") or ())
    return Result(changed=False, values={"instances": to_snake(found)})


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


def in_order(instances: list[Item], sort: str | None) -> list[Item]:
    """The instances sorted here, as a list of several pages or tags can't be had from the service in another order than
    that of ids: empty values first, then numbers, then texts. Raises InputError when none shows the field.
    """
    if sort is None or not instances:
        return instances
    field, _comma, direction = sort.partition(",")

    def key(instance: Item) -> tuple[int, t.Any]:
        value = dig(instance, field)
        if value is None:
            return 0, 0
        return (1, value) if isinstance(value, (int, float)) else (2, str(value))

    if not any(_has(instance, field.split(".")) for instance in instances):
        raise InputError(f"sort takes a field that instances have, such as name, not '{field}'.")
    return sorted(instances, key=key, reverse=direction == "desc")


def _has(instance: object, path: list[str]) -> bool:
    """Whether there is such a field, maybe within one that is empty."""
    for part in path:
        if instance is None:
            return True
        if not isinstance(instance, dict) or part not in instance:
            return False
        instance = instance[part]
    return True
