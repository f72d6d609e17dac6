# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Names: the API's camelCase becomes Ansible's snake_case, here and nowhere else."""

from __future__ import annotations

import functools
import re
import typing as t

# Fields whose value is a map of data: its keys are no names of ours (docs/api.md#fields).
DATA_MAPS = frozenset({"frequencies"})


@functools.lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """`ipAddress` -> `ip_address`, `isMemberOFLoadBalancer` -> `is_member_of_load_balancer`."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", split).lower()


@functools.lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """`size_gb` -> `sizeGb`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


@functools.lru_cache(maxsize=4096)
def harmless_key(key: str) -> str:
    """No template can begin with what is left. ansible-core before 2.19 executes a key that an expression picks out."""
    return key.replace("{", "_").replace("#", "_")


def to_snake(value: object) -> t.Any:
    """API JSON with every key in snake case, all the way down; unknown fields come along."""
    return _renamed(value, snake)


def _renamed(value: object, rename: t.Callable[[str], str]) -> object:
    if isinstance(value, dict):
        return {
            harmless_key(rename(k)): _renamed(v, str if k in DATA_MAPS else rename)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    return value


def to_camel(value: object) -> t.Any:
    """Options as the API wants them; what was not given (None) is left out."""
    if isinstance(value, dict):
        return {camel(k): to_camel(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [to_camel(item) for item in value]
    return value
