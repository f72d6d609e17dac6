#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_request
short_description: Call anything in the API of cegedim.cloud
version_added: 0.1.0
description:
  - Makes one call of the ITCare API, for what the collection has no module of its own for.
  - Token, retries, pages, check mode, waiting and the care that nothing is done twice are those of the other modules.
  - A call of which only the user knows what it does is made idempotent by O(unless), which looks whether it is done already.
  - Everything that can be checked is checked before the first request, that for a token included.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes
  - cegedim.cloud.itcare.write
attributes:
  check_mode:
    support: full
    description: >-
      A GET is made, O(unless) is read, and nothing else is sent, O(server_dry_run) aside. What would be sent counts as changed.
  diff_mode:
    support: partial
    description: Shows the body that is sent, as nothing else is known of the change.
  idempotent:
    support: partial
    description: With O(unless). Without it each run sends the call again, and there is a warning.
options:
  method:
    description:
      - What to do. A GET never counts as a change, everything else does once it was sent.
    type: str
    choices: [GET, POST, PUT, PATCH, DELETE]
    default: GET
  path:
    description:
      - Path of the call, relative to O(api_url), beginning with C(/). It is sent as it is written; a special character in it
        must be percent-encoded (C(urlencode)).
      - A path that could lead elsewhere is an error - one with a host, C(//), C(?), C(#), a backslash, blanks, C(.) or C(..) as a
        part, or a C(/) at the end. So an empty variable in C(DELETE /x/{{ id }}) deletes nothing.
      - V(/health) and V(/api/status) are asked without a token.
      - The last number in the path is taken for the resource's id. What is in progress there is waited for before a write.
    type: str
    required: true
  query:
    description:
      - Parameters. A list is sent as the parameter once for each element, booleans as C(true) and C(false). What is null is left out.
    type: dict
  body:
    description:
      - What to send, as JSON, just as it is given - keys, types and nulls. Nothing is sent without it.
      - Before ansible-core 2.19 a template yields a text, one that ends in C(| int), too. A body that is one template as a
        whole keeps its types.
    type: raw
  media_type:
    description:
      - Media type of the body. A text under another type than JSON is sent as it is.
    type: str
    default: application/json
  paginate:
    description:
      - Read a list to its end, page by page. RV(response) is then the list of all its elements, each once by its C(id).
      - A list that stays incomplete is an error, and so is an answer that is no list.
      - C(size) and C(sort) of O(query) are heeded.
    type: bool
    default: false
  unless:
    description:
      - When it is done already. This is read first; where it holds, nothing is sent and nothing changed.
      - An answer that is a page of a list is read to its end, and its C(content) then holds all. A 404, an empty answer and a key that
        isn't there mean that there is nothing; any other failure is an error.
    type: dict
    suboptions: &condition
      path:
        description: Path of a GET, the task's O(path) without it.
        type: str
      query:
        description: Its parameters, as in O(query).
        type: dict
      key:
        description:
          - Dotted path into its answer, such as C(network.id), in the API's spelling or in snake case. In a list a number picks an
            element; otherwise one that fits is enough.
          - The whole answer without it. A list is an answer, also an empty one.
        type: str
      equals:
        description:
          - What must be there. It is compared as JSON, with case; a number or boolean also equals its text. A list equals
            itself, or one of its elements.
          - Without it anything but null is enough.
        type: raw
      exists:
        description: With V(false) the condition is turned round.
        type: bool
        default: true
  reached:
    description:
      - When it has had its effect. This is read after the change, until it holds or O(wait_timeout) is over.
      - It also tells what became of a call whose answer was lost; O(unless) does where this isn't given.
    type: dict
    suboptions: *condition
  sensitive:
    description:
      - Dotted paths, as in O(unless.key), of what nobody may see in the body and in the answer.
      - The values that the body has there are masked wherever they appear, in the diff, the result, errors and the log of the
        system. Of the answer only what is at the path is.
      - They are shown where Ansible shows a task's arguments before it runs, as C(no_log) would prevent.
    type: list
    elements: str
  raw:
    description: Leave the keys of RV(response) in the API's spelling, instead of snake case.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for the end of the action that the answer names, and then for O(reached).
      - What others have in progress on the resource is waited for in any case, before the call.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most, for all that the task does together, pauses before repeated requests included.
      - When they are over, the task fails. Running it again resumes where there is an O(unless) and a number in the path.
    type: int
    default: 1800
  change_reference:
    description:
      - Reference of this change in a change management system, 10 characters at most.
      - It becomes C(changeReference) in the body, or in its C(options) where there is an C(operation). A GET takes none.
    type: str
notes:
  - What is public of ITCare's calls is in the guide "Anything else in ITCare", with examples; the rest must be asked of cegedim.cloud.
seealso:
  - ref: ansible_collections.cegedim.cloud.docsite.guide_request
    description: The known calls, how surely they are known, and recipes that run.
  - module: cegedim.cloud.itcare_instance
  - module: cegedim.cloud.itcare_action_wait
"""

EXAMPLES = r"""
- name: All that is in development, by name
  cegedim.cloud.itcare_request:
    path: /compute/instances
    query:
      environments: [DEVELOPMENT]
      sort: name
    paginate: true
  register: development

- name: Where a server is in the network
  cegedim.cloud.itcare_request:
    path: /compute/instances/{{ development.response[0].id }}/networks
  register: network

- name: A server is stopped, unless it is already
  cegedim.cloud.itcare_request:
    method: PATCH
    path: /compute/instances/10007
    body:
      operation: stop
    unless:
      key: status
      equals: INACTIVE
    reached:
      key: status
      equals: INACTIVE
    change_reference: CHG0001234

- name: It has no snapshot
  cegedim.cloud.itcare_request:
    method: DELETE
    path: /compute/instances/10007/snapshots/10007-snap-1
    unless:
      path: /compute/instances/10007/snapshots
      key: id
      exists: false

- name: A secret is sent, and shown nowhere
  cegedim.cloud.itcare_request:
    method: POST
    path: /compute/instances
    media_type: application/vnd.cegedim-it.v1+json
    body:
      name: PEB4RMQ01
      region: EB4
      platform: deb12
      resourceId: 2cpu4gb
      serviceId: 16
      properties:
        - key: rmq_password
          value: "{{ lookup('ansible.builtin.env', 'RMQ_PASSWORD') }}"
    sensitive: [properties.value]
    unless:
      query:
        names: PEB4RMQ01
      key: content.name
      equals: PEB4RMQ01
"""

RETURN = r"""
response:
  description:
    - What was answered - JSON with its keys in snake case (see O(raw)), the text of an answer in C(text/plain), or null when it was
      empty. Of a list with O(paginate) all elements.
    - The answer of O(unless) where that held. Null for what check mode predicts.
  returned: once the options have been checked, also on failure
  type: raw
  sample:
    id: 1333
    process: vm_stop
    status: IN_PROGRESS
status:
  description: Status of that answer, null when there was none.
  returned: once the options have been checked, also on failure
  type: int
  sample: 202
itcare_actions:
  description:
    - The asynchronous action that the answer named, as ITCare showed it last, in snake case. With O(wait=false) it may be in progress.
    - When the time was over before the call was sent, the actions that were in its way.
  returned: once the options have been checked, also on failure
  type: list
  elements: dict
  sample:
    - id: 1333
      process: vm_stop
      resource_name: PEB4WEB01
      status: SUCCESS
itcare_error:
  description: Facts about the failure for programs, such as C(status), C(method), C(path) and the API's own C(error_code).
  returned: failure
  type: dict
  sample:
    status: 403
    method: PATCH
    path: /compute/instances/10007
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.module import WRITE, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.secrets import (
    shown_options,
)


def main() -> None:
    condition = {
        "type": "dict",
        "options": {
            "path": {"type": "str"},
            "query": {"type": "dict"},
            "key": {"type": "str", "no_log": False},
            "equals": {"type": "raw"},
            "exists": {"type": "bool", "default": True},
        },
    }
    run(
        ensure,
        {
            **WRITE,
            "method": {
                "type": "str",
                "choices": ["GET", "POST", "PUT", "PATCH", "DELETE"],
                "default": "GET",
            },
            "path": {"type": "str", "required": True},
            "query": {"type": "dict"},
            "body": {"type": "raw"},
            "media_type": {"type": "str", "default": "application/json"},
            "paginate": {"type": "bool", "default": False},
            "unless": condition,
            "reached": condition,
            "sensitive": {"type": "list", "elements": "str"},
            "raw": {"type": "bool", "default": False},
        },
        shown=shown_options,
    )


if __name__ == "__main__":
    main()
