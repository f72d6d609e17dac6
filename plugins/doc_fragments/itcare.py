# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that several plugins share."""

from __future__ import annotations

_MODULE_NOTES = r"""
notes:
  - The host that the task runs on talks to the API. Usually that is the controller, in a play for C(localhost), or by
    delegating the task to it.
  - The connection options are set once for all modules with C(module_defaults) and the action group
    C(group/cegedim.cloud.itcare), or with environment variables.
"""


class ModuleDocFragment:
    """Connection options (DOCUMENTATION for modules, PLUGIN for plugins), and options that modules share."""

    # The one description of the connection options. Their environment variables are read by module_utils/api/connection_options.py.
    PLUGIN = r"""
options:
  api_url:
    description:
      - Address of the ITCare API, without a trailing path of a resource.
      - Environment variable E(ITCARE_API_URL).
    env: [{name: ITCARE_API_URL}]
    type: str
    default: https://api.cegedim.cloud/itcare
  token_url:
    description:
      - Address of the OAuth2 token endpoint that issues access tokens for this API.
      - Environment variable E(ITCARE_TOKEN_URL).
    env: [{name: ITCARE_TOKEN_URL}]
    type: str
    default: https://accounts.cegedim.cloud/auth/realms/cloud/protocol/openid-connect/token
  client_id:
    description:
      - Name of the API account. Given together with O(client_secret), unless there is an O(access_token).
      - What is given beats what only the environment has - a name or secret that is given is completed by the other from
        the environment, and E(ITCARE_ACCESS_TOKEN) then doesn't count.
      - Environment variable E(ITCARE_CLIENT_ID).
    env: [{name: ITCARE_CLIENT_ID}]
    type: str
  client_secret:
    description:
      - Secret of the API account.
      - Environment variable E(ITCARE_CLIENT_SECRET).
    env: [{name: ITCARE_CLIENT_SECRET}]
    type: str
  access_token:
    description:
      - An access token that was obtained elsewhere. It is used as it is, instead of O(client_id) and O(client_secret),
        and can't be renewed when it ends.
      - A token that is given beats O(client_id) and O(client_secret) of the environment. A token beside a name or secret
        is an error when all are given, C(module_defaults) included, and when all only come from the environment.
      - Environment variable E(ITCARE_ACCESS_TOKEN).
    env: [{name: ITCARE_ACCESS_TOKEN}]
    type: str
  token_cache:
    description:
      - Whether tasks and inventories of one user, on the host that they run on, share the access token that is got for O(client_id)
        and O(client_secret), in a file that only this user can read. Otherwise each of them asks for a token of its own.
      - Where that file is, and what is in it, is in the guide to credentials. A token given as O(access_token) is never stored.
      - When it can't be stored safely, there is a warning, and the token stays in memory.
      - Environment variable E(ITCARE_TOKEN_CACHE).
    env: [{name: ITCARE_TOKEN_CACHE}]
    type: bool
    default: true
  validate_certs:
    description:
      - Whether the certificates of O(api_url) and O(token_url) are checked.
      - Switched off, the credentials go to whoever answers, and each task or inventory source warns; set O(ca_path)
        instead where a private authority is used.
      - A value that is neither true nor false is an error.
      - Environment variable E(ITCARE_VALIDATE_CERTS).
    env: [{name: ITCARE_VALIDATE_CERTS}]
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the certificates of the authorities to trust, in PEM format.
      - Environment variable E(ITCARE_CA_PATH).
    env: [{name: ITCARE_CA_PATH}]
    type: path
  request_timeout:
    description:
      - Seconds to wait for a connection, and for each piece of the answer to a request.
      - An answer that isn't complete after ten times as long is cut, however steadily it comes.
      - Environment variable E(ITCARE_REQUEST_TIMEOUT).
    env: [{name: ITCARE_REQUEST_TIMEOUT}]
    type: int
    default: 30
  retries:
    description:
      - How often a request is sent again after a passing failure, with growing pauses or as long as the service asks for.
      - Reading is repeated after connection failures and the statuses 429, 500, 502, 503 and 504. A change is only
        repeated when it surely wasn't executed.
      - Environment variable E(ITCARE_RETRIES).
    env: [{name: ITCARE_RETRIES}]
    type: int
    default: 5
requirements:
  - requests >= 2.28 on the host that the task runs on
"""

    # For modules the key `env` isn't allowed.
    # The annotation is for ansible-test, which reads plain assignments and takes their values for literals.
    DOCUMENTATION: str = (
        "".join(line for line in PLUGIN.splitlines(True) if "    env: " not in line)
        + _MODULE_NOTES.lstrip()
    )

    # Modules that change something.
    WRITE = r"""
options:
  wait:
    description:
      - Whether to wait for the end of the asynchronous action that a change starts.
      - The end of an action isn't its effect yet, as lists may lag by seconds. So the task also looks until the effect
        shows, for up to 30 seconds; when it doesn't, the task warns.
      - Without waiting, the task ends when ITCare has accepted the last change; a change that needs an earlier one
        to be over (a start after a stop) still waits for that. What others have in progress on an instance that is as
        wished isn't waited for either; there is a warning when it may end in another state.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most, for all that the task does together, pauses before repeated requests included.
      - When they are over, the task fails and names the action that is still in progress. Running the same task again
        resumes - it waits for that action and doesn't start it a second time.
    type: int
    default: 1800
  wait_interval:
    description: Longest pause between two polls of an action, in seconds. The first polls come quicker.
    type: int
    default: 5
  change_reference:
    description:
      - Reference of this change in a change management system, 10 characters at most.
      - Sent with the operations that take one.
    type: str
  server_dry_run:
    description:
      - In check mode, send the changes with the header C(ITCare-DryRun), so that ITCare validates them without executing
        them. A refusal fails the task as it would fail for real.
      - ITCare documents this for some methods only, without naming them, and a method that ignores the header executes.
        When an answer doesn't confirm the dry run, the task fails and says that the call may have been executed.
      - Changes that only become possible by an earlier one (deleting an instance that is to be stopped first) aren't sent.
    type: bool
    default: false
"""

    # Modules that work on a selection of instances.
    SELECTION = r"""
options:
  names:
    description:
      - Exact names of instances.
      - A name that is there in another case only is an error.
    type: list
    elements: str
  exclude_names:
    description:
      - Exact names of instances that are left out, whatever else selects them.
      - Names of which there is no instance exclude nothing; one that is there in another case only is an error.
      - Given alone, all others are selected where that is allowed. Modules that change something refuse it, as they refuse
        an empty selection.
      - Without O(names) or O(ids) this costs one more query, as ITCare might leave out similar names, too.
    type: list
    elements: str
  ids:
    description: Ids of instances.
    type: list
    elements: int
  filters:
    description:
      - Filters of the instance list, applied by ITCare. Several filters narrow the selection; several values of one filter
        widen it, O(filters.tags) of different keys aside.
      - Together with O(names) or O(ids), they narrow those.
      - What an instance shows is compared again, regardless of case. Another service, cloud, status or environment than
        asked for is an error; so is any other filter that ITCare ignores, O(filters.tags) aside. Where ITCare heeds a
        filter and yet lists instances that seem to be others, there is a warning.
    type: dict
    suboptions:
      types:
        description: Types, such as V(LINUX), V(WINDOWS) or V(AIX).
        type: list
        elements: str
      families:
        description: Families of operating systems, such as V(DEBIAN) or V(RHEL).
        type: list
        elements: str
      environments:
        description:
          - Environments. V(PRODUCTION), V(PREPRODUCTION), V(TEST) and V(DEVELOPMENT) are known; ITCare may have others.
          - There is a warning for a value that is only nearly one of these.
        type: list
        elements: str
      statuses:
        description:
          - Statuses. V(ACTIVE) and V(INACTIVE) are known; ITCare may have others.
          - There is a warning for a value that is only nearly one of these.
        type: list
        elements: str
      tags:
        description:
          - Tags as V(key:value). Those of the same key are alternatives; of each key one must match.
          - ITCare can filter by tags, but doesn't show an instance's tags. Several tags cost a query each, and an
            instance that is tagged between two of them may be missed.
        type: list
        elements: str
      services:
        description: Ids of services.
        type: list
        elements: int
      availability_zones:
        description: Availability zones, such as V(EB-A).
        type: list
        elements: str
      ips:
        description: IP addresses.
        type: list
        elements: str
      vlans:
        description: VLANs, such as V(EB_1125_DMZ8).
        type: list
        elements: str
      cloud_id:
        description: Id of a cloud.
        type: int
      monitored:
        description: Whether monitoring is on.
        type: bool
      on_call:
        description: Whether on-call supervision is on.
        type: bool
      backed_up:
        description: Whether backup is on.
        type: bool
      replicated:
        description: Whether replication (disaster recovery) is on.
        type: bool
      in_patch_party:
        description: Whether the instance takes part in patch parties.
        type: bool
"""

    # The same selection, in modules that change something.
    TARGETS = r"""
options:
  max_targets:
    description:
      - Fail, before anything is changed, when the selection matches more instances than this.
      - A guard against a filter that matches more than was meant.
    type: int
"""

    # What every module supports alike; each says itself how it stands with `idempotent`.
    ATTRIBUTES = r"""
attributes:
  check_mode:
    support: full
    description: >-
      Can run in check mode and predicts what would change; nothing but reading is sent, O(server_dry_run) aside. Without that,
      it isn't known whether ITCare would accept the values, such as a region or a sizing, and grant the right.
  diff_mode:
    support: full
    description: Shows what would change or has changed, and only that.
  action_group:
    support: full
    membership: [cegedim.cloud.itcare]
    description: Takes the connection options from C(module_defaults) of the action group.
"""

    ATTRIBUTES_INFO = r"""
attributes:
  check_mode:
    support: full
    description: This module only reads.
  diff_mode:
    support: N/A
    description: This module only reads.
  idempotent:
    support: full
    description: This module only reads.
  action_group:
    support: full
    membership: [cegedim.cloud.itcare]
    description: Takes the connection options from C(module_defaults) of the action group.
"""
