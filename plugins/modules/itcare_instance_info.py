#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_instance_info
short_description: List instances at cegedim.cloud
version_added: 0.1.0
description:
  - Lists the instances of a selection, or all that the API account may see when nothing is selected.
  - The list is complete, or the task fails. Names and ids of which there is no instance are just not in it.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes_info
  - cegedim.cloud.itcare.selection
options:
  sort:
    description:
      - One field to sort by, with an optional direction V(asc) or V(desc) behind a comma, such as V(name,desc).
      - The list is sorted by this module - empty values first, then numbers, then texts. Without it, the order is the API's
        choice.
    type: str
  include:
    description:
      - What to add to each instance, at the cost of one request per instance and part.
      - V(detail) - the fields that only the instance's own page tells.
      - V(storage) - disks and file systems, in C(storage_information).
      - V(network) - its network, in C(network).
      - V(snapshot) - its active snapshot or null, in C(snapshot).
    type: list
    elements: str
    choices: [detail, storage, network, snapshot]
    default: []
seealso:
  - module: cegedim.cloud.itcare_instance
  - plugin: cegedim.cloud.itcare
    plugin_type: inventory
    description: Makes an inventory of the same list.
"""

EXAMPLES = r"""
- name: All instances
  cegedim.cloud.itcare_instance_info:
  register: fleet

- name: The running web servers of production, the largest first
  cegedim.cloud.itcare_instance_info:
    filters:
      tags: [app:web]
      environments: [PRODUCTION]
      statuses: [ACTIVE]
    sort: ram,desc
  register: web

- name: Their names
  ansible.builtin.debug:
    msg: "{{ web.instances | map(attribute='name') }}"

- name: One instance with its file systems
  cegedim.cloud.itcare_instance_info:
    names: [PEB4WEB01]
    include: [storage]
"""

RETURN = r"""
instances:
  description: The instances with every field that ITCare shows, in snake case.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the instance.
      type: int
      returned: always
    name:
      description: Its host name.
      type: str
      returned: always
    status:
      description: V(ACTIVE) when it runs, V(INACTIVE) when it is stopped; others are possible.
      type: str
      returned: always
    environment:
      description: Its environment, such as V(PRODUCTION).
      type: str
      returned: always
    cpu:
      description: Number of vCPU.
      type: int
      returned: always
    ram:
      description: Memory in GB.
      type: int
      returned: always
    ip_address:
      description: Its IP address.
      type: str
      returned: always
  sample:
    - id: 10007
      name: PEB4WEB01
      status: ACTIVE
      environment: PRODUCTION
      cpu: 2
      ram: 8
      ip_address: 10.59.13.29
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
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.gather import gather
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.parts import PARTS


def main() -> None:
    run(
        gather,
        {
            **SELECTION,
            "sort": {"type": "str"},
            "include": {"type": "list", "elements": "str", "choices": list(PARTS), "default": []},
        },
    )


if __name__ == "__main__":
    main()
