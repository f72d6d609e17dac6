# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. What an instance becomes: the variables of a host, and all that an expression sees of it."""

from __future__ import annotations

import typing as t

from ansible.utils.vars import combine_vars

Variables = t.Mapping[str, t.Any]


class _Missing:
    """There is no such variable."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: t.Final = _Missing()


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

    def everything(self, variables: Variables, magic: Variables) -> dict[str, t.Any]:
        """All that expressions see: fields, then the host's variables, then magic ones. Ansible adds the extra ones itself."""
        known: dict[str, t.Any] = combine_vars(self.unprefixed(), variables)
        return combine_vars(known, magic)
