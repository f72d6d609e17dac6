# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor module, private to the collection. The only file here that knows AnsibleModule: options in, result out."""

from __future__ import annotations

import functools
import json
import sys
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.errors import AnsibleFallbackNotFound

try:  # masks what is registered wherever Ansible shows something
    from ansible.module_utils.secrets import register_secret
except ImportError:  # before ansible-core 2.22
    register_secret = None

from .api.checks import check_unicode
from .api.client import Client
from .api.connection_options import (
    DEFAULT_API_URL,
    DEFAULT_TOKEN_URL,
    connection_options,
    from_environment,
)
from .api.errors import InputError, ItcareError
from .api.masking import Mask
from .api.parsing import DEEPEST
from .api.requests_library import REQUESTS_IMPORT_ERROR, without_warnings
from .old_python import WHERE
from .resources.selection.filters import FILTERS
from .result import Result

ArgumentSpec = dict[str, dict[str, t.Any]]


def _environment(option: str) -> object:
    value = from_environment(option)
    if value is None:
        raise AnsibleFallbackNotFound
    return value


def _or_environment(option: str, **more: object) -> dict[str, t.Any]:
    return {"fallback": (_environment, [option]), **more}


# Documented in doc_fragments/itcare.py; the checks compare the two. What has no default is taken from the environment
# by `connection_options`, which must know what was given.
CONNECTION: ArgumentSpec = {
    "api_url": _or_environment("api_url", type="str", default=DEFAULT_API_URL),
    "token_url": _or_environment("token_url", type="str", default=DEFAULT_TOKEN_URL, no_log=False),
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "token_cache": _or_environment("token_cache", type="bool", default=True, no_log=False),
    "validate_certs": _or_environment("validate_certs", type="bool", default=True),
    "ca_path": {"type": "path"},
    "request_timeout": _or_environment("request_timeout", type="int", default=30),
    "retries": _or_environment("retries", type="int", default=5),
}
WRITE: ArgumentSpec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
    "wait_interval": {"type": "int", "default": 5},
    "change_reference": {"type": "str"},
    "server_dry_run": {"type": "bool", "default": False},
}
_STRINGS = {"type": "list", "elements": "str"}
_INTEGERS = {"type": "list", "elements": "int"}
_KINDS: ArgumentSpec = {
    "strings": _STRINGS,
    "tags": _STRINGS,
    "integers": _INTEGERS,
    "integer": {"type": "int"},
    "boolean": {"type": "bool"},
}
SELECTION: ArgumentSpec = {
    "names": _STRINGS,
    "exclude_names": _STRINGS,
    "ids": _INTEGERS,
    "filters": {
        "type": "dict",
        "options": {name: _KINDS[described.kind] for name, described in FILTERS.items()},
    },
}
TARGETS: ArgumentSpec = {**SELECTION, "max_targets": {"type": "int"}}


# The options as they may be shown, and what masks all else that is.
Shown = t.Callable[[t.Mapping[str, t.Any]], tuple[dict[str, t.Any], Mask]]


class _Module(AnsibleModule):  # type: ignore[misc]
    """Shows options as `shown` says: also what Ansible itself logs, and in what it refuses. Then `no_log` doesn't do."""

    params: dict[str, t.Any]

    def __init__(self, *, shown: Shown | None, **settings: t.Any) -> None:
        self._shown = shown
        super().__init__(**settings)

    def _log_invocation(self) -> None:
        given = self.params
        self.params = self._hide()[0]
        super()._log_invocation()
        self.params = given

    def warn(self, warning: str, **more: t.Any) -> None:
        super().warn(self._hide()[1].text(warning), **more)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        self.params = self._hide()[0]
        super().exit_json(**result)
        raise AssertionError("exit_json came back")

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        self.params, mask = self._hide()
        super().fail_json(mask.text(str(msg)), **result)
        raise AssertionError("fail_json came back")

    def _hide(self) -> tuple[dict[str, t.Any], Mask]:
        if self._shown is None:
            return self.params, Mask([])
        shown, mask = self._shown(self.params)
        # For what only Ansible knows, such as tracebacks. It would take short ones for part of a word or number.
        self.no_log_values.update(mask.words)
        return shown, mask


def run(
    work: t.Callable[[Client, t.Mapping[str, t.Any]], Result],
    argument_spec: ArgumentSpec,
    *,
    shown: Shown | None = None,
    **kwargs: object,
) -> None:
    """Runs `work` as an Ansible module. Whether it may write follows from check mode, here and nowhere else."""
    module = _module({**CONNECTION, **argument_spec}, {"shown": shown, **kwargs})
    if REQUESTS_IMPORT_ERROR is not None:
        missing = f"{missing_required_lib('requests')} {WHERE}"
        module.fail_json(msg=missing, exception=REQUESTS_IMPORT_ERROR)
    params = module.params
    client: Client | None = None
    try:
        for option, value in params.items():
            _check_texts(value, option)
        connection = connection_options(params)
        if connection.warning:
            module.warn(connection.warning)
        client = Client(
            connection,
            read_only=module.check_mode,
            dry_run=module.check_mode and bool(params.get("server_dry_run")),
            runs_in=f"ansible-core/{module.ansible_version}",
            mask=functools.partial(_mask, module),
        )
        with without_warnings():
            result = work(client, params)
    except ItcareError as error:
        _say(module, client)
        fail(module, error, client)
    _say(module, client)
    for warning in result.warnings:
        module.warn(warning)
    diff = (
        {"diff": result.diff} if result.diff is not None and result.changed and module._diff else {}
    )
    module.exit_json(changed=result.changed, **result.values, **diff)


def _mask(module: AnsibleModule, secret: str) -> None:
    """Of the environment and tokens of this run, too: they are masked in results, since 2.22 in all that Ansible shows."""
    module.no_log_values.add(secret)
    if register_secret is not None:
        register_secret(secret)


def _say(module: AnsibleModule, client: Client | None) -> None:
    """What the client noticed underway. A module has only warnings to say something with, so remarks are such at -v."""
    if client is not None:
        for text in client.notices.warnings + (client.notices.remarks if module._verbosity else []):
            module.warn(client.masked(text))


def _module(argument_spec: ArgumentSpec, settings: dict[str, t.Any]) -> AnsibleModule:
    try:
        return _Module(argument_spec=argument_spec, supports_check_mode=True, **settings)
    except InputError as error:  # an environment variable that can't be read
        given = {
            name: {key: value for key, value in option.items() if key != "fallback"}
            for name, option in argument_spec.items()
        }
        module = _Module(argument_spec=given, supports_check_mode=True, **settings)
        fail(module, error)
    except Exception as error:  # releases of Ansible wrap it in different ones
        reason: BaseException = error
        while reason.__cause__ is not None:
            reason = reason.__cause__
        if not isinstance(reason, (ValueError, TypeError, RecursionError)):
            raise
        message = (
            f"Ansible can't read the options ({reason}): look for values of another kind than the documentation says, for characters "
            "that are none (\\ud800 to \\udfff, or bytes that aren't UTF-8) and for numbers of thousands of digits."
        )
        sys.stdout.write(json.dumps({"failed": True, "msg": message}))
        raise SystemExit(1) from None


def _check_texts(value: object, option: str, levels: int = DEEPEST) -> None:
    """Raises InputError where a text, however deep, can't be sent, or is too deep for a recursion."""
    if levels == 0:
        raise InputError(f"{option.split('.')[0]} is nested more than {DEEPEST} levels deep.")
    if isinstance(value, str):
        check_unicode(value, option)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_texts(item, option, levels - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_texts(key, option, levels - 1)
            _check_texts(item, f"{option}.{key}", levels - 1)


def fail(module: AnsibleModule, error: ItcareError, client: Client | None = None) -> t.NoReturn:
    """Ends the task with the error, and with what had been done before it."""
    facts = dict(error.details)
    if client is not None:
        facts = {key: client.masked(value) for key, value in facts.items()}
        error.args = (client.masked(str(error)),)  # which a traceback shows as well
    for warning in facts.pop("warnings", ()):
        module.warn(warning)
    values = facts.pop("values", {}) | {
        key: facts.pop(key)
        for key in ("operations", "itcare_actions", "instances", "snapshots")
        if key in facts
    }
    message = str(error)
    if values.get("operations"):
        message += f" Done before: {', '.join(values['operations'])}."
    changed = bool(facts.pop("changed", False))
    module.fail_json(msg=message, changed=changed, itcare_error=facts, **values)
    raise AssertionError("fail_json came back")
