#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_patch_party
short_description: Set patch groups and exclusions of instances at cegedim.cloud
version_added: 0.1.0
description:
  - Sets in which group the instances of a selection are patched at the quarterly patch parties, or excludes them.
  - Works on thousands of instances in one task. They are listed once, and only those that differ are changed, some at a time.
  - A patch party patches and restarts every server that isn't excluded. An exclusion holds for all future parties.
  - Everything is checked before the first change. One instance that fails doesn't keep the others from being done; the
    task fails at the end and its result holds every outcome.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes
  - cegedim.cloud.itcare.selection
  - cegedim.cloud.itcare.targets
  - cegedim.cloud.itcare.write
attributes:
  idempotent:
    support: full
    description: A second run changes nothing.
options:
  excluded:
    description:
      - V(true) - exclude the instances from patch parties, with O(exclusion_reason). Another reason than before is a change.
      - V(false) - include them. Their group stays as it is, unless O(patch_group) is given.
      - Left out, O(patch_group) is set for those that are included. Those that are excluded stay excluded, with a
        warning, as somebody gave a reason for that.
    type: bool
  exclusion_reason:
    description: Why the instances are excluded. Needed with O(excluded=true).
    type: str
  patch_group:
    description:
      - Group of instances that are patched together on the day, V(1) first, V(3) last.
      - V(none) for no preference.
    type: str
    choices: ["1", "2", "3", none]
  concurrency:
    description: How many instances are changed at a time, 1 to 32.
    type: int
    default: 10
notes:
  - The API takes no change reference for this operation, so O(change_reference) is checked and not sent.
seealso:
  - module: cegedim.cloud.itcare_patch_party_info
"""

EXAMPLES = r"""
- name: Web servers are patched second
  cegedim.cloud.itcare_patch_party:
    filters:
      tags: [app:web]
    patch_group: 2

- name: This one is patched by its own team
  cegedim.cloud.itcare_patch_party:
    names: [PEB4WEB01]
    excluded: true
    exclusion_reason: Patched together with the application

- name: It takes part again, in whatever group
  cegedim.cloud.itcare_patch_party:
    names: [PEB4WEB01]
    excluded: false
    patch_group: none
"""

RETURN = r"""
instances:
  description: What came of each instance of the selection.
  returned: success, and on failure once instances were worked on
  type: list
  elements: dict
  contains:
    id:
      description: Id of the instance.
      type: int
      returned: always
    name:
      description: Its name.
      type: str
      returned: always
    changed:
      description: Whether something changed, or would in check mode.
      type: bool
      returned: always
    before:
      description: What changed, as it was before.
      type: dict
      returned: always
    after:
      description: What changed, as it is after.
      type: dict
      returned: always
    action:
      description: The asynchronous action, null when there was none.
      type: dict
      returned: always
    error:
      description: Why this instance failed, null when it didn't.
      type: str
      returned: always
  sample:
    - id: 10007
      name: PEB4WEB01
      changed: true
      before:
        patch_group: none
      after:
        patch_group: "2"
      action:
        id: 1333
        process: vm_update_patch_party
        status: SUCCESS
      error: null
operations:
  description: The kinds of operations that this task did, or would do in check mode. What others did isn't among them.
  returned: success, and on failure what was done before
  type: list
  elements: str
  sample: [update_patch_party]
itcare_actions:
  description:
    - The asynchronous actions of the task, and those of others that it found to do just the same, as ITCare showed them last.
      With O(wait=false), they may be in progress.
  returned: success, and on failure those known by then
  type: list
  elements: dict
  sample:
    - id: 1333
      process: vm_update_patch_party
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

from ansible_collections.cegedim.cloud.plugins.module_utils.module import TARGETS, WRITE, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure,
)


def main() -> None:
    run(
        ensure,
        {
            **TARGETS,
            **WRITE,
            "excluded": {"type": "bool"},
            "exclusion_reason": {"type": "str"},
            "patch_group": {"type": "str", "choices": ["1", "2", "3", "none"]},
            "concurrency": {"type": "int", "default": 10},
        },
    )


if __name__ == "__main__":
    main()
