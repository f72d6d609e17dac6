# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How options are read: the connection options from what is given and from the environment, booleans and numbers.

What can't be read is an error that names the option or the variable. Nothing is guessed: Ansible itself takes a word that
it doesn't know for false, which would switch a check off.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import fields

from .errors import InputError
from .tokens import ConnectionOptions

SECRETS = frozenset({"client_secret", "access_token"})
CONNECTION_OPTIONS: tuple[str, ...] = tuple(field.name for field in fields(ConnectionOptions))
_PAIR = ("client_id", "client_secret")
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f"})


def boolean(value: t.Any, where: str) -> bool:
    """One of the words that Ansible has for true and false."""
    word = str(value).strip().lower() if isinstance(value, (str, int, float)) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InputError(f"{where} takes true or false, not {value!r}.")


def integer(value: t.Any, where: str) -> int:
    """A whole number, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    raise InputError(f"{where} takes a whole number, not {value!r}.")


def text(value: t.Any, where: str) -> str:
    """A text; a number, which YAML and templates make of digits, counts as one."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{where} takes a text, not {value!r}.")


def _check_certs(value: t.Any, where: str) -> bool:
    try:
        return boolean(value, where)
    except InputError as error:
        if not re.search(r"[/\\~]|\.(pem|crt|cer)$", str(value)):
            raise
        raise InputError(
            f"{error} A file or folder of certificates goes into ca_path (ITCARE_CA_PATH)."
        ) from None


def _path(value: t.Any, where: str) -> str:
    return os.path.expanduser(os.path.expandvars(text(value, where)))


def _secret(value: t.Any, where: str) -> str:
    try:
        return text(value, where)
    except InputError:
        raise InputError(f"{where} takes a text, not what is given.") from None


_READERS: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    **dict.fromkeys(CONNECTION_OPTIONS, text),
    **dict.fromkeys(SECRETS, _secret),
    "validate_certs": _check_certs,
    "ca_path": _path,
    "request_timeout": integer,
    "retries": integer,
}


def variable(option: str) -> str:
    """The environment variable of a connection option."""
    return f"ITCARE_{option.upper()}"


def given(option: str, value: t.Any) -> t.Any:
    """A connection option's value as a task or file gives it. Raises InputError."""
    read = _READERS[option](value, option)
    if read == "":
        raise InputError(
            f"{option} is empty: leave it out to use the environment variable {variable(option)}, or the default."
        )
    return read


def from_environment(option: str) -> t.Any:
    """A connection option's value in the environment, None when the variable isn't set or is empty."""
    value = os.environ.get(variable(option))
    if not value:
        return None
    read = _READERS[option](value, f"{option} (environment variable {variable(option)})")
    try:
        ConnectionOptions.from_mapping({**dict.fromkeys(_PAIR, "any"), option: read})
    except InputError as error:
        raise InputError(f"Environment variable {variable(option)}: {error}") from None
    return read


def connection_options(options: t.Mapping[str, t.Any]) -> ConnectionOptions:
    """The connection options of a task or file, completed from the environment. Raises InputError.

    Credentials that are given beat those that only the environment has, of whichever kind.
    """
    known = {
        option: given(option, options[option])
        for option in CONNECTION_OPTIONS
        if options.get(option) is not None
    }
    _refuse_both(known, "")
    wanted = [option for option in CONNECTION_OPTIONS if option not in known]
    if "access_token" in known:
        wanted = [option for option in wanted if option not in _PAIR]
    elif any(option in known for option in _PAIR):
        wanted.remove("access_token")
    found = {option: from_environment(option) for option in wanted}
    found = {option: value for option, value in found.items() if value is not None}
    _refuse_both(found, " in the environment")
    return ConnectionOptions.from_mapping({**found, **known})


def _refuse_both(options: t.Mapping[str, t.Any], where: str) -> None:
    pair = [option for option in _PAIR if option in options]
    if not pair or "access_token" not in options:
        return
    names = ["access_token", *pair]
    if where:
        names = [variable(name) for name in names]
    raise InputError(
        f"Both {names[0]} and {', '.join(names[1:])} are set{where}: which account is meant? Set one or the other."
    )
