#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_patch_party_info
short_description: Show who is patched when at cegedim.cloud
version_added: 0.1.0
description:
  - Shows for each instance of a selection, or for all when nothing is selected, when and in which group it is patched, or
    by whom and why it is excluded; and a summary by environment and group.
  - Reads the instance list only, whatever the number of instances.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes_info
  - cegedim.cloud.itcare.selection
seealso:
  - module: cegedim.cloud.itcare_patch_party
"""

EXAMPLES = r"""
- name: Who is patched when
  cegedim.cloud.itcare_patch_party_info:
    filters:
      environments: [PRODUCTION]
  register: party

- name: The summary
  ansible.builtin.debug:
    var: party.summary

- name: Who is excluded, and why
  ansible.builtin.debug:
    msg: "{{ item.name }} by {{ item.patch_party.excluded_by }}: {{ item.patch_party.exclusion_reason }}"
  loop: "{{ party.patch_parties | selectattr('patch_party.excluded') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
patch_parties:
  description: Each instance with its patch party.
  returned: success
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
    environment:
      description: Its environment.
      type: str
      returned: always
    patch_party:
      description:
        - All that ITCare shows of it. C(patch_group) is V(1), V(2), V(3) or V(none), as a text.
      type: dict
      returned: always
  sample:
    - id: 10007
      name: PEB4WEB01
      environment: PRODUCTION
      patch_party:
        excluded: false
        exclusion_reason: null
        patch_date: "2026-12-06T20:00:00.000Z"
        patch_group: "2"
        patch_tag: 2026-Q4
summary:
  description:
    - By environment, the number of C(instances), of C(excluded) ones, and of those in each of the C(patch_groups) that
      aren't excluded; and the C(patch_dates) that are planned for them.
  returned: success
  type: dict
  sample:
    PRODUCTION:
      instances: 12
      excluded: 1
      patch_groups:
        "1": 4
        "2": 4
        "3": 1
        none: 2
      patch_dates: ["2026-12-06T20:00:00.000Z"]
itcare_error:
  description: Facts about the failure for programs, such as C(status), C(method), C(path) and the API's own C(error_code).
  returned: failure
  type: dict
  sample:
    status: 403
    method: GET
    path: /compute/instances
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.module import SELECTION, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather,
)


def main() -> None:
    run(gather, SELECTION)


if __name__ == "__main__":
    main()
