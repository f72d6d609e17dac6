# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an instance as the API shows it to a host: its variables, its address, its safe name."""

from __future__ import annotations

import ipaddress
import keyword
import re
import socket
import typing as t

from ansible import constants as C
from ansible.vars.reserved import get_reserved_names
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import DATA_MAPS, snake
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import Data

Instance = dict[str, t.Any]

DEFAULT_PREFIX = "itcare_"
COMPUTED = ("running", "excluded")  # variables that are no fields of the API
# No control characters, blanks, braces or anything that a host pattern or a command line could take for something else.
_SAFE_NAME = re.compile(r"\w[\w.-]{0,252}", re.ASCII)
_UNSAFE_CHARACTER = re.compile(r"[^\w.-]", re.ASCII)
_RESERVED_HOSTS = frozenset({"all", "ungrouped", *C.LOCALHOST})
# First labels of names that lead to this machine, or to all around it, wherever they are looked up.
_LOCAL_NAMES = frozenset(
    """localhost localhost4 localhost6 ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes
    ip6-allrouters broadcasthost""".split()
)
_NOT_IN_A_VARIABLE = re.compile(r"\W", re.ASCII)
_MAGIC_VARIABLES = frozenset(
    """ansible group_names groups hostvars inventory_dir inventory_file inventory_hostname inventory_hostname_short
    omit play_hosts playbook_dir role_name role_names role_path vars""".split()
)


# `::127.0.0.1`, the form that `::ffff:127.0.0.1` has replaced: no server has an address of that kind.
_OLD_MAPPED = ipaddress.IPv6Network("::/96")


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


class Translator:
    """Makes host variables of instances."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._data = Data(snake, DATA_MAPS)
        self._reserved = frozenset(get_reserved_names()) | _MAGIC_VARIABLES
        self.names: dict[str, str] = {}  # field -> variable
        self._running, self._excluded = (self.variable_name(name) for name in COMPUTED)

    def fields(self, instance: Instance) -> Fields:
        """One host variable for each field, as data, and the two booleans that AWX and plays ask for most."""
        names = self.names
        variables: dict[str, t.Any] = {}
        for field, value in self._data.mapping(instance).items():
            variables[names.get(field) or self.variable_name(field)] = value
        fields = Fields(names, variables)
        variables[self._running] = fields.get("status") == "ACTIVE"
        variables[self._excluded] = fields.at(("patch_party", "excluded")) is True
        return fields

    def text(self, text: str) -> t.Any:
        """A string that came from the API, as data."""
        return self._data.text(text)

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


def dns_name(fields: Fields) -> str | None:
    """The first DNS name of the instance's network."""
    entries = fields.at(("network", "dns"))
    for entry in entries if isinstance(entries, list) else ():
        alias, domain = (
            (entry.get("alias"), entry.get("domain")) if isinstance(entry, dict) else (None, None)
        )
        if isinstance(alias, str) and alias.strip("."):
            name = alias.strip(".")
            if (
                isinstance(domain, str)
                and domain.strip(".")
                and not name.endswith("." + domain.strip("."))
            ):
                name = f"{name}.{domain.strip('.')}"
            return name
    return None


def address(fields: Fields, kind: str) -> tuple[str | None, str | None]:
    """What to connect to, and what was refused.

    What isn't an address could become an option of ssh, and a play for a server that has none yet must not change this
    machine.
    """
    if kind == "ip":
        value = fields.get("ip_address")
        if not value:
            return None, None
        found = _address_of_a_server(str(value))
        return (found, None) if found else (None, str(value))
    name = dns_name(fields)
    if name is None or is_safe_name(name):
        return name, None
    return None, name


def is_safe_name(name: str) -> bool:
    """Whether a host may have this name: it means nothing else to Ansible, a shell or a terminal."""
    if name in _RESERVED_HOSTS:
        return False
    if _SAFE_NAME.fullmatch(name):
        return not _is_local(name)
    return ":" in name and _address_of_a_server(name) is not None


def _address_of_a_server(text: str) -> str | None:
    """An address that may be another machine's, as it is usually written; None for all else."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if (
        getattr(found, "scope_id", None) is not None
    ):  # an interface of this machine, or anything at all
        return None
    plain = getattr(found, "ipv4_mapped", None) or found
    if (
        plain.is_unspecified
        or plain.is_loopback
        or plain in _OLD_MAPPED
        or plain.is_link_local
        or plain.is_multicast
        or plain == ipaddress.IPv4Address("255.255.255.255")
    ):
        return None
    return str(found)


def _is_local(name: str) -> bool:
    """Whether a name is this machine's wherever it is looked up; also an address in one of its short forms, `127.1`."""
    labels = name.lower().rstrip(".").split(".")
    if labels[0] in _LOCAL_NAMES or labels[-1] == "localhost":
        return True
    try:
        packed = socket.inet_aton(".".join(labels))
    except OSError:
        return False
    return _address_of_a_server(str(ipaddress.IPv4Address(packed))) is None


def made_safe(name: str, instance_id: t.Any) -> str:
    """A safe name that still tells which instance it is: unsafe characters replaced, the id added."""
    readable = _UNSAFE_CHARACTER.sub("_", name)[:60].lstrip(".-") or "host"
    return f"{readable}_{_UNSAFE_CHARACTER.sub('_', str(instance_id))}"
