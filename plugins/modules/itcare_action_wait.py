#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_action_wait
short_description: Wait for asynchronous actions at cegedim.cloud
version_added: 0.1.0
description:
  - Waits until actions have ended, given by their ids, or those in progress on the instances of a selection.
  - Waits for many at once, with one end of the waiting for all of them.
  - Fails when one of them ends in ERROR, and when one hasn't ended in time. The result then holds all of them.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes_info
  - cegedim.cloud.itcare.selection
attributes:
  check_mode:
    support: full
    description: This module only reads. In check mode it looks once and doesn't wait.
options:
  action_ids:
    description:
      - Ids of actions, or actions as another module returned them in C(itcare_actions). They may have ended already. An
        empty list is nothing to wait for.
    type: list
    elements: raw
  wait_timeout:
    description: Seconds to wait at most, for all of them together.
    type: int
    default: 1800
  wait_interval:
    description: Longest pause between two looks at an action, in seconds. The first looks are quicker.
    type: int
    default: 5
seealso:
  - module: cegedim.cloud.itcare_action_info
"""

EXAMPLES = r"""
- name: Stop two servers, without waiting for one before the other
  cegedim.cloud.itcare_instance:
    name: "{{ item }}"
    state: stopped
    wait: false
  loop: [PEB4WEB01, PEB4WEB02]
  register: stopping

- name: Now wait for both
  cegedim.cloud.itcare_action_wait:
    action_ids: "{{ stopping.results | map(attribute='itcare_actions') | flatten }}"

- name: Wait for whatever runs on the web servers
  cegedim.cloud.itcare_action_wait:
    filters:
      tags: [app:web]
    wait_timeout: 600
"""

RETURN = r"""
itcare_actions:
  description: The actions in the order asked for, with every field that ITCare shows, in snake case.
  returned: success, and on failure of an action or of the waiting
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
    method: GET
    path: /actions/1333
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.module import SELECTION, WRITE, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import ensure


def main() -> None:
    run(
        ensure,
        {
            **SELECTION,
            "action_ids": {"type": "list", "elements": "raw"},
            "wait_timeout": WRITE["wait_timeout"],
            "wait_interval": WRITE["wait_interval"],
        },
        mutually_exclusive=[
            ("action_ids", "names"),
            ("action_ids", "exclude_names"),
            ("action_ids", "ids"),
            ("action_ids", "filters"),
        ],
        required_one_of=[("action_ids", "names", "ids", "filters")],
    )


if __name__ == "__main__":
    main()
