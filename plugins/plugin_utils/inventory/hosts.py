# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. What a host may be called and where it is reached: safe names, and addresses of other machines only."""

from __future__ import annotations

import ipaddress
import re
import socket
import typing as t

from ansible import constants as C

from ..grouping.hostvars import Fields

# No control characters, blanks, braces or anything that a host pattern or a command line could take for something else.
_SAFE_NAME = re.compile(r"\w[\w.-]{0,252}", re.ASCII)
_UNSAFE_CHARACTER = re.compile(r"[^\w.-]", re.ASCII)
_RESERVED_HOSTS = frozenset({"all", "ungrouped", *C.LOCALHOST})
# First labels of names that lead to this machine, or to all around it, wherever they are looked up.
_LOCAL_NAMES = frozenset(
    """localhost localhost4 localhost6 ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes
    ip6-allrouters broadcasthost""".split()
)

# What most servers have, as it is usually written: private addresses that mean nothing else.
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PRIVATE = re.compile(
    rf"(?:10\.{_OCTET}|172\.(?:1[6-9]|2[0-9]|3[01])|192\.168)\.{_OCTET}\.{_OCTET}", re.ASCII
)

# `::127.0.0.1`, the form that `::ffff:127.0.0.1` has replaced: no server has an address of that kind.
_OLD_MAPPED = ipaddress.IPv6Network("::/96")


def dns_name(fields: Fields) -> str | None:
    """The first DNS name of the instance's network."""
    entries = fields.at(("network", "dns"))
    for entry in entries if isinstance(entries, list) else ():
        alias, domain = (_labels(entry, key) for key in ("alias", "domain"))
        if alias:
            return f"{alias}.{domain}" if domain and not alias.endswith(f".{domain}") else alias
    return None


def _labels(entry: t.Any, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value.strip(".") if isinstance(value, str) else ""


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
    if _PRIVATE.fullmatch(text):
        return text
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if getattr(found, "scope_id", None) is not None:
        return None  # names an interface of this machine, or anything at all
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
    if not name[0].isdigit():
        return False
    try:
        packed = socket.inet_aton(".".join(labels))
    except OSError:
        return False
    return _address_of_a_server(str(ipaddress.IPv4Address(packed))) is None


def made_safe(name: str, instance_id: t.Any) -> str:
    """A safe name that still tells which instance it is: unsafe characters replaced, the id added."""
    readable = _UNSAFE_CHARACTER.sub("_", name)[:60].lstrip(".-") or "host"
    return f"{readable}_{_UNSAFE_CHARACTER.sub('_', str(instance_id))}"
