# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. From an instance as the API shows it to host variables."""

from __future__ import annotations

import keyword
import re
import typing as t

from ansible.vars.reserved import get_reserved_names

from ...module_utils.api.case import DATA_MAPS, snake
from ..grouping.hostvars import Fields
from ..trust import Data

Instance = dict[str, t.Any]
DEFAULT_PREFIX = "itcare_"
COMPUTED = ("running", "excluded")  # variables that are no fields of the API
_NOT_IN_A_VARIABLE = re.compile(r"\W", re.ASCII)
_MAGIC_VARIABLES = frozenset(
    """ansible group_names groups hostvars inventory_dir inventory_file inventory_hostname inventory_hostname_short
    omit play_hosts playbook_dir role_name role_names role_path vars""".split()
)


class Translator:
    """Makes host variables of instances."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._data = Data(snake, DATA_MAPS, self._variable)
        self._reserved = frozenset(get_reserved_names()) | _MAGIC_VARIABLES
        self.names: dict[str, str] = {}  # field -> variable
        self._running, self._excluded = (self.variable_name(name) for name in COMPUTED)

    def fields(self, instance: Instance) -> Fields:
        """One host variable for each field, as data, and the two booleans that AWX and plays ask for most."""
        variables = self._data.mapping(instance)
        fields = Fields(self.names, variables)
        variables[self._running] = fields.get("status") == "ACTIVE"
        variables[self._excluded] = fields.at(("patch_party", "excluded")) is True
        return fields

    def text(self, text: str) -> t.Any:
        """A string that came from the API, as data."""
        return self._data.text(text)

    def _variable(self, field: str) -> str:
        return self.names.get(field) or self.variable_name(field)

    def variable_name(self, field: str) -> str:
        """The field under the prefix. What Ansible reserves or rejects is put under the default prefix instead."""
        name = _NOT_IN_A_VARIABLE.sub("_", self._prefix + field)
        if not may_be_variable(name) or name in self._reserved:
            name = _NOT_IN_A_VARIABLE.sub("_", DEFAULT_PREFIX + field)
        self.names[field] = name
        return name


def may_be_variable(name: str) -> bool:
    """Whether data may be put under this name. `ansible_...` decides how Ansible connects and what it executes."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("ansible_")
