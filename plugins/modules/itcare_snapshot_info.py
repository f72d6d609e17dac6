#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_snapshot_info
short_description: Show the snapshots of instances at cegedim.cloud
version_added: 0.1.0
description:
  - Shows the active snapshot, or that there is none, of each instance of a selection, or of all instances when nothing is selected.
  - A snapshot that has expired by the server's clock doesn't count. Of several the newest is shown.
  - The instance list may not show a snapshot that there is. Where it shows none, up to 50 instances are asked about one by one.
    Of more, all are if the list doesn't know the field at all; if it shows none of any instance, 20 are and, if one of those has a
    snapshot, all. Where the list shows some, it is believed.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes_info
  - cegedim.cloud.itcare.selection
seealso:
  - module: cegedim.cloud.itcare_snapshot
"""

EXAMPLES = r"""
- name: Which web servers have a snapshot, and for how long
  cegedim.cloud.itcare_snapshot_info:
    filters:
      tags: [app:web]
  register: web

- name: Those without
  ansible.builtin.debug:
    msg: "{{ web.snapshots | rejectattr('snapshot') | map(attribute='instance_name') }}"
"""

RETURN = r"""
snapshots:
  description: Each instance with its snapshot.
  returned: success
  type: list
  elements: dict
  contains:
    instance_id:
      description: Id of the instance.
      type: int
      returned: always
    instance_name:
      description: Its name.
      type: str
      returned: always
    snapshot:
      description: Its snapshot, null when there is none. C(seconds_left) is the time until C(expires_at).
      type: dict
      returned: always
  sample:
    - instance_id: 10007
      instance_name: PEB4WEB01
      snapshot:
        id: 10007-snap-42
        description: Before the upgrade
        created_at: "2026-05-08T22:40:00.750Z"
        expires_at: "2026-05-11T22:40:00.750Z"
        seconds_left: 259200
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
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import gather


def main() -> None:
    run(gather, SELECTION)


if __name__ == "__main__":
    main()
