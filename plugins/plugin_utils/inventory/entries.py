# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. The options of an inventory file with its lists of entries, `accounts` and `selections`.

What is in an entry is read as the option of that name is: rendered, and of its type. A message never shows an entry: it may hold a secret.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from ...module_utils.api.connection_options import CONNECTION_OPTIONS
from ...module_utils.api.errors import InputError
from .options import Definitions, check_keys, is_text, read_option, read_options, render_option

SELECTED_BY = ("names", "exclude_names", "ids", "filters")
ACCOUNT_OPTIONS = ("name", "selections", "min_hosts", *CONNECTION_OPTIONS)
# In a group's name and in a host's it stays as it is.
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")

Entry = t.Mapping[str, t.Any]


def read_file(config: Entry, definitions: Definitions, templar: t.Any) -> dict[str, t.Any]:
    """All options that a file gives, each of its type. Raises InputError, naming the option and the entry."""
    entries = {option: config.get(option) for option in ("accounts", "selections")}
    rest = {option: value for option, value in config.items() if entries.get(option) is None}
    read = read_options(rest, definitions, templar)
    if entries["selections"] is not None:
        both = [option for option in SELECTED_BY if read.get(option) is not None]
        if both:
            raise InputError(
                f"Both selections and {', '.join(both)} are given: make {', '.join(both)} one of the selections."
            )
        read["selections"] = _selections(entries["selections"], definitions, templar)
    if entries["accounts"] is not None:
        read["accounts"] = _accounts(entries["accounts"], definitions, templar)
    return read


@contextlib.contextmanager
def naming(entry: str) -> t.Iterator[None]:
    """Errors in the block say which entry they are of."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{entry}: {error}") from None


def account_label(name: str) -> str:
    return f"Account {name}"


# -- selections --


def _selections(value: object, definitions: Definitions, templar: t.Any) -> list[Entry]:
    is_rendered = is_text(value)  # a template for all of it
    if is_rendered:
        value = render_option("selections", value, definitions, templar)
    read = []
    for number, entry in enumerate(_list("selections", value)):
        with naming(f"selections[{number}]"):
            found = _entry(entry, SELECTED_BY)
            if not found:
                raise InputError(
                    f"There is nothing in it, which would select everything: give {', '.join(SELECTED_BY)}."
                )
            read.append(_read(found, definitions, None if is_rendered else templar))
    return read


# -- accounts --


def _accounts(value: object, definitions: Definitions, templar: t.Any) -> list[Entry]:
    read: list[Entry] = []
    for number, entry in enumerate(_list("accounts", value)):
        label = f"accounts[{number}]"
        with naming(label):
            given = _mapping(entry)
            name = _name(given.get("name"))
            if name in [other["name"] for other in read]:
                raise InputError(f"There is another account of the name {name}.")
        with naming(account_label(name)):
            read.append({"name": name, **_account(given, definitions, templar)})
    return read


def _account(entry: Entry, definitions: Definitions, templar: t.Any) -> Entry:
    misplaced = [option for option in SELECTED_BY if option in entry]
    if misplaced:
        raise InputError(
            f"{', '.join(misplaced)} can't stand beside its name: write an entry of its selections instead."
        )
    found = dict(_entry(entry, ACCOUNT_OPTIONS))
    del found["name"]
    selections = found.pop("selections", None)
    read = dict(_read(found, definitions, templar))
    if read.get("min_hosts", 0) < 0:
        raise InputError(f"min_hosts is at least 0, not {read['min_hosts']}.")
    if selections is not None:
        read["selections"] = _selections(selections, definitions, templar)
    return read


def _name(name: object) -> str:
    text = str(name) if isinstance(name, (str, int)) and not isinstance(name, bool) else ""
    if not _NAME.fullmatch(text):
        raise InputError(
            "name is missing, or isn't made of letters, digits and underscores, 40 at most: it becomes a part of names of "
            "groups and hosts."
        )
    return text


# -- entries of either --


def _list(option: str, value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{option} takes a list of at least one entry, each of them a dictionary.")
    return value


def _mapping(entry: object) -> Entry:
    if not isinstance(entry, dict):
        raise InputError("An entry is a dictionary of options.")
    return entry


def _entry(entry: object, known: t.Sequence[str]) -> Entry:
    """What is given in it; null counts as not given, as everywhere."""
    given = _mapping(entry)
    check_keys(given, known, "There are keys that aren't options", f"It takes {', '.join(known)}.")
    return {option: value for option, value in given.items() if value is not None}


def _read(entry: Entry, definitions: Definitions, templar: t.Any) -> Entry:
    return {
        option: read_option(option, value, definitions, templar) for option, value in entry.items()
    }
