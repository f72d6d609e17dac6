# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file here that knows AnsibleModule: options in, result out."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from .auth import DEFAULT_API_URL, DEFAULT_TOKEN_URL, ConnectionOptions
from .client import Client
from .errors import ItcareError
from .plan import Result
from .requests_library import REQUESTS_IMPORT_ERROR

ArgumentSpec = dict[str, dict[str, t.Any]]


def _connection_option(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"fallback": (env_fallback, [f"ITCARE_{name.upper()}"]), **more}


# Documented in doc_fragments/itcare.py; the checks compare the two.
CONNECTION: ArgumentSpec = {
    "api_url": _connection_option("api_url", type="str", default=DEFAULT_API_URL),
    "token_url": _connection_option(
        "token_url", type="str", default=DEFAULT_TOKEN_URL, no_log=False
    ),
    "client_id": _connection_option("client_id", type="str"),
    "client_secret": _connection_option("client_secret", type="str", no_log=True),
    "access_token": _connection_option("access_token", type="str", no_log=True),
    "validate_certs": _connection_option("validate_certs", type="bool", default=True),
    "ca_path": _connection_option("ca_path", type="path"),
    "request_timeout": _connection_option("request_timeout", type="int", default=30),
    "retries": _connection_option("retries", type="int", default=5),
}
WRITE: ArgumentSpec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
    "wait_interval": {"type": "int", "default": 5},
    "change_reference": {"type": "str"},
    "server_dry_run": {"type": "bool", "default": False},
}
_STRINGS = {"type": "list", "elements": "str"}
SELECTION: ArgumentSpec = {
    "names": _STRINGS,
    "exclude_names": _STRINGS,
    "ids": {"type": "list", "elements": "int"},
    "filters": {
        "type": "dict",
        "options": {
            "types": _STRINGS,
            "families": _STRINGS,
            "environments": _STRINGS,
            "statuses": _STRINGS,
            "tags": _STRINGS,
            "services": {"type": "list", "elements": "int"},
            "availability_zones": _STRINGS,
            "ips": _STRINGS,
            "vlans": _STRINGS,
            "cloud_id": {"type": "int"},
            "monitored": {"type": "bool"},
            "on_call": {"type": "bool"},
            "backed_up": {"type": "bool"},
            "replicated": {"type": "bool"},
            "in_patch_party": {"type": "bool"},
        },
    },
}
TARGETS: ArgumentSpec = {"max_targets": {"type": "int"}}


def run(
    work: t.Callable[[Client, t.Mapping[str, t.Any]], Result],
    argument_spec: ArgumentSpec,
    **kwargs: t.Any,
) -> None:
    """Runs `work` as an Ansible module. Whether it may write follows from check mode, here and nowhere else."""
    module = AnsibleModule(
        argument_spec={**CONNECTION, **argument_spec}, supports_check_mode=True, **kwargs
    )
    if REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    params = module.params
    client: Client | None = None
    try:
        client = Client(
            ConnectionOptions.from_mapping(params),
            read_only=module.check_mode,
            dry_run=module.check_mode and bool(params.get("server_dry_run")),
        )
        result = work(client, params)
    except ItcareError as error:
        _say(module, client)
        fail(module, error)
        raise AssertionError("fail_json came back") from error
    _say(module, client)
    for warning in result.warnings:
        module.warn(warning)
    diff = (
        {"diff": result.diff} if result.diff is not None and result.changed and module._diff else {}
    )
    module.exit_json(changed=result.changed, **result.values, **diff)


def _say(module: AnsibleModule, client: Client | None) -> None:
    """What the client noticed underway. A module has only warnings to say something with, so remarks are such at -v."""
    if client is not None:
        for text in client.notices.warnings + (client.notices.remarks if module._verbosity else []):
            module.warn(text)


def fail(module: AnsibleModule, error: ItcareError) -> None:
    """Ends the task with the error, and with what had been done before it."""
    facts = dict(error.details)
    for warning in facts.pop("warnings", ()):
        module.warn(warning)
    values = {
        key: facts.pop(key)
        for key in ("operations", "itcare_actions", "instances", "snapshots")
        if key in facts
    }
    message = str(error)
    if values.get("operations"):
        message += f" Done before: {', '.join(values['operations'])}."
    changed = bool(facts.pop("changed", False))
    module.fail_json(msg=message, changed=changed, itcare_error=facts, **values)
