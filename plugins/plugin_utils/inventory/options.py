# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. The options of an inventory file, read before Ansible reads them: templates rendered or refused, types checked.

Ansible renders nothing, takes a boolean that it can't read for false, and says in riddles what else is wrong.
"""

from __future__ import annotations

import configparser
import contextlib
import difflib
import os
import re
import typing as t

from ansible import constants as C

from ...module_utils.api.checks import boolean, integer, text
from ...module_utils.api.client import CONNECTIONS
from ...module_utils.api.connection_options import CONNECTION_OPTIONS, SECRETS, given
from ...module_utils.api.errors import InputError
from ..trust import TRUST_IS_GIVEN
from .translator import may_be_variable

try:
    from ansible.parsing.vault import EncryptedString  # ansible-core 2.19 and later
except ImportError:
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode as EncryptedString

# Options that may be templates, beside all booleans and numbers.
RENDERED = frozenset(
    {*CONNECTION_OPTIONS, "names", "exclude_names", "ids", "filters", "selections", "tag_groups"}
)
# Options that hold expressions: braces are Ansible's or ours to judge, where they are evaluated.
EXPRESSIONS = frozenset({"compose", "groups", "keyed_groups", "hostnames", "host_filters"})

Definitions = t.Mapping[str, t.Mapping[str, t.Any]]


def read_options(
    config: t.Mapping[str, t.Any], definitions: Definitions, templar: t.Any
) -> dict[str, object]:
    """The options that a file gives, each of its type. Raises InputError, naming the option."""
    check_keys(
        config,
        ("plugin", *definitions),
        "The file has keys that aren't options",
        "See ansible-doc -t inventory cegedim.cloud.itcare.",
    )
    read = {"plugin": config.get("plugin")}
    for option, value in config.items():
        if option != "plugin" and value is not None:
            read[option] = read_option(option, value, definitions, templar)
    _check_settings(definitions, read)
    return {**_unset(definitions), **read}


def read_option(option: str, value: object, definitions: Definitions, templar: t.Any) -> object:
    """Rendered, unless there is no templar because it has been before, and of its type."""
    if templar is not None:
        value = render_option(option, value, definitions, templar)
    return _typed(option, value, definitions[option])


def check_keys(keys: t.Iterable[str], known: t.Sequence[str], said: str, which: str) -> None:
    """Raises InputError for keys that aren't known: what is `said` of them, and `which` there are."""
    unknown = []
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            unknown.append(f"{key} (did you mean {near[0]}?)" if near else str(key))
    if unknown:
        raise InputError(f"{said}: {', '.join(unknown)}. {which}")


def check_bounds(options: t.Mapping[str, t.Any]) -> None:
    """What Ansible lets pass. Raises InputError."""
    if options["min_hosts"] < 0:
        raise InputError(f"min_hosts is at least 0, not {options['min_hosts']}.")
    if options["page_size"] < 1:
        raise InputError(f"page_size is at least 1, not {options['page_size']}.")
    if not 1 <= options["workers"] <= CONNECTIONS:
        raise InputError(f"workers is a number from 1 to {CONNECTIONS}, not {options['workers']}.")
    prefix = options["hostvars_prefix"]
    if not may_be_variable(f"{prefix}x"):
        raise InputError(
            f"hostvars_prefix is made of letters, digits and underscores and isn't ansible_, not {prefix!r}."
        )
    if not options["hostnames"]:
        raise InputError("hostnames needs at least one entry, such as name.")


def _check_settings(definitions: Definitions, read: t.Container[str]) -> None:
    """Booleans that Ansible takes from the environment or from ansible.cfg. Ours are read with the connection."""
    settings = configparser.ConfigParser(inline_comment_prefixes=(";",))
    if C.CONFIG_FILE:
        with contextlib.suppress(configparser.Error, OSError, ValueError):  # Ansible has said so
            settings.read(C.CONFIG_FILE, encoding="utf-8")
    for option, definition in definitions.items():
        if _kind(definition) != "bool" or option in read or option in CONNECTION_OPTIONS:
            continue
        variables = [entry["name"] for entry in definition.get("env") or ()]
        told = [name for name in variables if os.environ.get(name)]
        for name in told:
            boolean(os.environ[name], f"The environment variable {name} ({option})")
        for entry in (definition.get("ini") or ()) if not told else ():
            value = settings.get(entry["section"], entry["key"], raw=True, fallback=None)
            if value is not None:
                where = f"{entry['key']} in [{entry['section']}] of {C.CONFIG_FILE}"
                boolean(value, f"The setting {where} ({option})")


def _unset(definitions: Definitions) -> dict[str, object]:
    """An empty variable counts as not set, also where Ansible would look for it among the choices."""
    return {
        option: definition["default"]
        for option, definition in definitions.items()
        if "choices" in definition
        and any(os.environ.get(entry["name"]) == "" for entry in definition.get("env") or ())
    }


def _kind(definition: t.Mapping[str, t.Any]) -> str:
    kind = str(definition.get("type") or "raw")
    return {"boolean": "bool", "integer": "int", "string": "str"}.get(kind, kind)


# -- templates --


def render_option(option: str, value: object, definitions: Definitions, templar: t.Any) -> object:
    if option in EXPRESSIONS:
        return value
    kind = _kind(definitions[option])
    if option in RENDERED or kind in ("bool", "int"):
        return _each_text(value, lambda item: _render(option, item, kind, templar))
    return _each_text(value, lambda item: _refuse(option, item))


def is_text(value: object) -> bool:
    return isinstance(value, (str, EncryptedString))


def _each_text(value: object, change: t.Callable[[t.Any], object]) -> object:
    """`value` with each of its texts changed."""
    if is_text(value):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return value


def _decrypted(option: str, value: object) -> str:
    """What is in a vault is never a template, as everywhere in Ansible."""
    try:
        return str(value)
    except Exception as error:  # no password, a wrong one, text that isn't one of a vault
        raise InputError(f"{option} can't be decrypted: {error}") from None


def _render(option: str, value: t.Any, kind: str, templar: t.Any) -> t.Any:
    if isinstance(value, EncryptedString):
        return _decrypted(option, value)
    if "{" not in value and not value.startswith("#jinja2:"):
        return value
    # Before 2.19, a text that reads like a list or a boolean would become one.
    as_it_is = {} if TRUST_IS_GIVEN or kind not in ("str", "path") else {"convert_data": False}
    try:
        rendered = templar.template(value, **as_it_is)
    except Exception as error:  # whatever a lookup raises
        # The text of an error shows the template, or what it was made of.
        why = "; its text isn't shown here" if option in SECRETS else f": {error}"
        raise InputError(
            f"The template of {option} can't be rendered{why}. Mark a text whose braces are no template with !unsafe."
        ) from None
    if _holds_nothing(rendered):  # a filter that isn't there would select more than was meant
        raise InputError(f"The template of {option} gives nothing (null), or holds a null.")
    return rendered


def _holds_nothing(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nothing, value.values()))
    if isinstance(value, list):
        return any(map(_holds_nothing, value))
    return value is None


def _refuse(option: str, value: t.Any) -> str:
    if isinstance(value, EncryptedString):
        return _decrypted(option, value)
    if "{{" in value or "{%" in value:
        rendered = ", ".join(sorted(RENDERED))
        raise InputError(
            f"{option} isn't rendered here, so it can't be {value!r}. Templates are taken in {rendered}, and where a "
            "number or true or false is expected."
        )
    return value


# -- types --


def _typed(option: str, value: object, definition: t.Mapping[str, t.Any]) -> object:
    if option in CONNECTION_OPTIONS:
        return given(option, value)
    kind, choices = _kind(definition), definition.get("choices")
    if kind == "list":
        value = items = _list(option, value)
    else:
        value = _TYPES[kind](value, option) if kind in _TYPES else value
        items = [value]
    for item in items:
        if choices and item not in choices:
            many = "a list of" if kind == "list" else "one of"
            raise InputError(f"{option} takes {many} {', '.join(choices)}, not {item!r}.")
    return value


def _list(option: str, value: object) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        if option in EXPRESSIONS and not re.fullmatch(r"[\w.]*(\s*,\s*[\w.]+)*", value.strip()):
            return [value]  # its commas don't part entries
        return [part.strip() for part in value.split(",")] if value else []
    if isinstance(value, (int, float)):
        return [value]
    raise InputError(f"{option} takes a list, not {value!r}.")


def _dictionary(value: object, option: str) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise InputError(f"{option} takes a dictionary, not {value!r}.")


_TYPES: dict[str, t.Callable[[object, str], object]] = {
    "bool": boolean,
    "dict": _dictionary,
    "int": integer,
    "path": text,
    "str": text,
}
