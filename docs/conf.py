# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for the documentation site, whose pages antsibull-docs makes."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

project = "cegedim.cloud"
project_copyright = "the cegedim.cloud collection contributors"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = project
html_short_title = project
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

ANSIBLE_DOCUMENTATION = "https://docs.ansible.com/ansible/latest/"
SETTINGS = "reference_appendices/config.html"
PAGES = {
    "ansible_configuration_settings": SETTINGS,
    "common_return_values": "reference_appendices/common_return_values.html",
}
OTHER_COLLECTION = re.compile(
    r"ansible_collections\.(?!cegedim\.cloud)(\w+)\.(\w+)\.(\w+?)(?:__.*)?"
)


def refer_to_ansible(
    app: Any, env: Any, node: nodes.Element, content: nodes.TextElement
) -> nodes.reference | None:
    """Find what Ansible's own documentation has, without asking its index over the network."""
    target = node["reftarget"]
    page = PAGES.get(target)
    if node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"{SETTINGS}#envvar-{target}"
    elif other := OTHER_COLLECTION.fullmatch(target):
        page = "collections/{}/{}/{}.html".format(*other.groups())
    if page is None:
        return None
    return nodes.reference("", "", content, refuri=ANSIBLE_DOCUMENTATION + page)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", refer_to_ansible)
