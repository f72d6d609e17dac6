# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Where ITCare is and who asks: connection options, as given and from the environment (docs/api.md#authentication)."""

from __future__ import annotations

import base64
import json
import os
import re
import typing as t
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from .checks import CONTROL, LONGEST, ONE_WORD, boolean, check_unicode, integer, text
from .errors import InputError

DEFAULT_API_URL = "https://api.cegedim.cloud/itcare"
DEFAULT_TOKEN_URL = "https://accounts.cegedim.cloud/auth/realms/cloud/protocol/openid-connect/token"
SECRETS = frozenset({"client_secret", "access_token"})

_PAIR = ("client_id", "client_secret")
_NO_CREDENTIALS = (
    "No credentials: set client_id and client_secret (environment variables ITCARE_CLIENT_ID and "
    "ITCARE_CLIENT_SECRET), or access_token (ITCARE_ACCESS_TOKEN)."
)


@dataclass(frozen=True)
class ConnectionOptions:
    """The connection options of every module and of the inventory, checked."""

    api_url: str = DEFAULT_API_URL
    token_url: str = DEFAULT_TOKEN_URL
    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None
    token_cache: bool = True
    validate_certs: bool = True
    ca_path: str | None = None
    request_timeout: float = 30
    retries: int = 5

    @classmethod
    def from_mapping(cls, options: t.Mapping[str, t.Any]) -> ConnectionOptions:
        """Takes what it knows from a plugin's options. Raises InputError, naming the option, before any request."""
        given = {f.name: options[f.name] for f in fields(cls) if options.get(f.name) is not None}
        return cls(**given)

    def __post_init__(self) -> None:
        self._check_addresses()
        if not 0 < self.request_timeout <= LONGEST:
            raise InputError(
                f"request_timeout must be more than 0 seconds and at most {LONGEST}, not {self.request_timeout}."
            )
        if self.retries < 0:
            raise InputError(f"retries must be 0 or more, not {self.retries}.")
        self._check_credentials()

    def _check_addresses(self) -> None:
        for option, value in (("api_url", self.api_url), ("token_url", self.token_url)):
            if not _is_address(value):
                without_user = value.rsplit("@", 1)[-1]
                raise InputError(
                    f"{option} must be an address such as {DEFAULT_API_URL}, without blanks or line ends, not {without_user!r}."
                )
            if "@" in urlsplit(value).netloc:
                raise InputError(
                    f"{option} must not hold a user or password: use client_id and client_secret."
                )

    def _check_credentials(self) -> None:
        token, name, secret = self.access_token, self.client_id, self.client_secret
        if token and not ONE_WORD.fullmatch(token):
            raise InputError(
                "access_token must be one word: look for blanks, line ends or quotes in it."
            )
        if name and (name != name.strip() or CONTROL.search(name)):
            raise InputError(f"client_id must have no blank or line end around it, not {name!r}.")
        if secret and CONTROL.search(secret):
            raise InputError(
                "client_secret must be one line: look for a line end or another control character in it."
            )
        for option, value in (("client_id", name), ("client_secret", secret)):
            check_unicode(value or "", option)
        if token or (name and secret):
            return
        if not name and not secret:
            raise InputError(_NO_CREDENTIALS)
        missing = "client_secret" if name else "client_id"
        raise InputError(
            f"{missing} is missing (environment variable {variable(missing)}). {_NO_CREDENTIALS}"
        )

    @property
    def verify(self) -> bool | str:
        """What requests calls `verify`."""
        return (self.ca_path or True) if self.validate_certs else False

    @property
    def identity(self) -> list[str]:
        """Which account asks: the same for every token of it that tells."""
        if not self.access_token:  # two who issue tokens may each know a client of that name
            return [self.token_url.rstrip("/"), self.client_id or ""]
        claims = _claims(self.access_token)
        told = [claims.get("iss"), claims.get("azp") or claims.get("client_id"), claims.get("sub")]
        who = [claim for claim in told if claim and isinstance(claim, str)]
        return who if len(who) == len(told) else [self.access_token]

    @property
    def warning(self) -> str | None:
        """What a user must be told before anything is sent."""
        unchecked = {
            urlsplit(url).netloc
            for url in (self.api_url, self.token_url)
            if not self.validate_certs and urlsplit(url).scheme == "https"
        }
        if not unchecked:
            return None
        return (
            f"The certificates of {', '.join(sorted(unchecked))} aren't checked, as validate_certs is false: the credentials go "
            "to whoever answers. Set ca_path instead where a private authority is used."
        )

    def __repr__(self) -> str:
        return f"ConnectionOptions(api_url={self.api_url!r}, client_id={self.client_id!r})"


CONNECTION_OPTIONS: tuple[str, ...] = tuple(field.name for field in fields(ConnectionOptions))


def _is_address(text: str) -> bool:
    if re.search(r"\s", text) or CONTROL.search(text):  # urlsplit overlooks some of them
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that don't close, a port that is no number
        return False


def _claims(token: str) -> dict[str, object]:
    """What a JWT says of itself, nothing when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


# -- from a task or file, and from the environment ----------------------------------------------------------------------


def connection_options(
    options: t.Mapping[str, t.Any], beneath: t.Mapping[str, t.Any] | None = None
) -> ConnectionOptions:
    """The connection options of a task or file, completed from those `beneath` and then from the environment. Raises InputError.

    Credentials that are given beat those that stand beneath or that only the environment has, of whichever kind.
    """
    known = _given(options)
    _refuse_both(known, "")
    under = _given(beneath or {})
    _refuse_both(under, " at the top level")
    _refuse_a_secret_of_another(known, under, "at the top level")
    if beneath is not None and "client_secret" not in under:
        _refuse_a_secret_of_another(known, _pair_of_environment(), "in the environment")
    known.update({option: under[option] for option in _left_out(known) if option in under})
    read = {option: from_environment(option) for option in _left_out(known)}
    found = {option: value for option, value in read.items() if value is not None}
    _refuse_both(found, " in the environment", variable)
    return ConnectionOptions.from_mapping({**found, **known})


def _given(options: t.Mapping[str, t.Any]) -> dict[str, object]:
    return {
        option: given(option, options[option])
        for option in CONNECTION_OPTIONS
        if options.get(option) is not None
    }


def _left_out(known: t.Container[str]) -> list[str]:
    """What may be looked for elsewhere: of credentials only what completes those that are known."""
    wanted = [option for option in CONNECTION_OPTIONS if option not in known]
    if "access_token" in known:
        return [option for option in wanted if option not in _PAIR]
    if any(option in known for option in _PAIR):
        wanted.remove("access_token")
    return wanted


def _refuse_both(
    options: t.Mapping[str, object], where: str, shown: t.Callable[[str], str] = str
) -> None:
    pair = [option for option in _PAIR if option in options]
    if not pair or "access_token" not in options:
        return
    names = [shown(name) for name in ("access_token", *pair)]
    raise InputError(
        f"Both {names[0]} and {', '.join(names[1:])} are set{where}: which account is meant? Set one or the other."
    )


def _pair_of_environment() -> dict[str, object]:
    found = {option: os.environ.get(variable(option)) for option in _PAIR}
    return {option: value for option, value in found.items() if value}


def _refuse_a_secret_of_another(
    known: t.Mapping[str, object], under: t.Mapping[str, object], where: str
) -> None:
    """A secret that was forgotten isn't replaced by that of another account, which it would give away."""
    if known.keys() & {*_PAIR, "access_token"} != {"client_id"} or "client_secret" not in under:
        return
    if under.get("client_id", known["client_id"]) != known["client_id"]:
        raise InputError(
            f"client_secret is missing beside client_id: the one {where} is that of another account."
        )


def given(option: str, value: object) -> object:
    """A connection option's value as a task or file gives it. Raises InputError."""
    read = _READERS[option](value, option)
    if read == "":
        raise InputError(
            f"{option} is empty: leave it out to use the environment variable {variable(option)}, or the default."
        )
    return read


def from_environment(option: str) -> object:
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


def variable(option: str) -> str:
    """The environment variable of a connection option."""
    return f"ITCARE_{option.upper()}"


def _check_certs(value: object, where: str) -> bool:
    try:
        return boolean(value, where)
    except InputError as error:
        if not re.search(r"[/\\~]|\.(pem|crt|cer)$", str(value)):
            raise
        raise InputError(
            f"{error} A file or folder of certificates goes into ca_path (ITCARE_CA_PATH)."
        ) from None


def _path(value: object, where: str) -> str:
    return os.path.expanduser(os.path.expandvars(text(value, where)))


def _secret(value: object, where: str) -> str:
    try:
        return text(value, where)
    except InputError:
        raise InputError(f"{where} takes a text, not what is given.") from None


_READERS: dict[str, t.Callable[[object, str], object]] = {
    **dict.fromkeys(CONNECTION_OPTIONS, text),
    **dict.fromkeys(SECRETS, _secret),
    "token_cache": boolean,
    "validate_certs": _check_certs,
    "ca_path": _path,
    "request_timeout": integer,
    "retries": integer,
}
