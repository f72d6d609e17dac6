#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_action_info
short_description: Show asynchronous actions at cegedim.cloud
version_added: 0.1.0
description:
  - Shows actions by their ids, those of the instances of a selection, or all that ITCare lists when neither is given.
  - Ids of which there is no action are just not in the result.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes_info
  - cegedim.cloud.itcare.selection
options:
  action_ids:
    description: Ids of actions, or actions as another module returned them in C(itcare_actions).
    type: list
    elements: raw
  statuses:
    description: Only actions of these statuses.
    type: list
    elements: str
    choices: [IN_PROGRESS, SUCCESS, ERROR]
notes:
  - For several instances, actions are told apart by the name of the instance that they show. Actions that show none are
    only found for a selection of one instance.
seealso:
  - module: cegedim.cloud.itcare_action_wait
"""

EXAMPLES = r"""
- name: What is going on
  cegedim.cloud.itcare_action_info:
    statuses: [IN_PROGRESS]
  register: running

- name: What failed on a server
  cegedim.cloud.itcare_action_info:
    names: [PEB4WEB01]
    statuses: [ERROR]
"""

RETURN = r"""
itcare_actions:
  description: The actions with every field that ITCare shows, in snake case.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 1333
      process: vm_resize
      resource_name: PEB4WEB01
      status: IN_PROGRESS
itcare_error:
  description: Facts about the failure for programs, such as C(status), C(method), C(path) and the API's own C(error_code).
  returned: failure
  type: dict
  sample:
    status: 403
    method: GET
    path: /actions
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.api.actions import STATUSES
from ansible_collections.cegedim.cloud.plugins.module_utils.module import SELECTION, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.gather import gather


def main() -> None:
    run(
        gather,
        {
            **SELECTION,
            "action_ids": {"type": "list", "elements": "raw"},
            "statuses": {"type": "list", "elements": "str", "choices": list(STATUSES)},
        },
        mutually_exclusive=[
            ("action_ids", "names"),
            ("action_ids", "exclude_names"),
            ("action_ids", "ids"),
            ("action_ids", "filters"),
        ],
    )


if __name__ == "__main__":
    main()
