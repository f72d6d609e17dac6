# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. The variables of a host: what an instance becomes, and what an expression sees of it."""

from __future__ import annotations

import typing as t

from ansible import constants as C
from ansible.utils.vars import combine_vars

from ..trust import can_be_template
from .expressions import MISSING

Variables = t.Mapping[str, t.Any]

MAGIC = frozenset({"inventory_hostname", "inventory_hostname_short", "group_names"})
_MERGE = C.DEFAULT_HASH_BEHAVIOUR == "merge"


class HostVariables:
    """The variables that expressions about one host see: API fields, then its variables, then magic ones."""

    __slots__ = ("_fields", "_magic", "extra", "variables")

    def __init__(
        self, fields: Fields, variables: Variables, magic: t.Callable[[], Variables]
    ) -> None:
        self._fields = fields
        self._magic = magic
        self.variables = variables  # the host's by now, those of other sources included
        self.extra: Variables = {}  # extra variables, while they count

    def lookup(self, name: str) -> t.Any:
        """A variable's value or MISSING. Raises TypeError when it may hold templates, which need all variables."""
        if name in self.extra:
            return _plain(self.extra[name], no_mapping=_MERGE)
        if name in MAGIC:
            value = self._magic().get(name, MISSING)
            if value is not MISSING:
                return value
        value = self.variables.get(name, MISSING)
        if value is MISSING:
            return self._fields.get(name, MISSING)
        if value is self._fields.variables.get(name, MISSING):
            return value
        return _plain(value, no_mapping=_MERGE)

    def only(self, names: t.Iterable[str]) -> dict[str, t.Any]:
        """Just these variables."""
        found = ((name, self.lookup(name)) for name in names)
        return {name: value for name, value in found if value is not MISSING}

    def everything(self) -> dict[str, t.Any]:
        """All variables; Ansible adds the extra ones itself."""
        known: dict[str, t.Any] = combine_vars(self._fields.unprefixed(), self.variables)
        return combine_vars(known, self._magic())


def _plain(value: t.Any, no_mapping: bool = False) -> t.Any:
    """`value` if it is JSON without templates."""
    if isinstance(value, str):
        plain = not can_be_template(value)
    elif isinstance(value, list):
        plain = all(_plain(item) is item for item in value)
    elif isinstance(value, dict):
        plain = not no_mapping and all(
            k.__class__ is str and _plain(v) is v for k, v in value.items()
        )
    else:
        plain = value is None or isinstance(value, (bool, int, float))
    if not plain:
        raise TypeError("not plain data")
    return value


class Fields:
    """An instance's data: host variables, also to be asked for by the names of the API's fields."""

    __slots__ = ("names", "variables")

    def __init__(self, names: t.Mapping[str, str], variables: dict[str, t.Any]) -> None:
        self.names = names  # field -> variable; the same for all instances
        self.variables = variables

    def get(self, field: str, default: t.Any = None) -> t.Any:
        name = self.names.get(field)
        return default if name is None else self.variables.get(name, default)

    def at(self, path: t.Sequence[str]) -> t.Any:
        """The value at the end of a path of field names; None when there is none."""
        value = self.get(path[0])
        for step in path[1:]:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    def unprefixed(self) -> dict[str, t.Any]:
        """All of it under the names of the fields."""
        variables = self.variables
        return {field: variables[name] for field, name in self.names.items() if name in variables}
