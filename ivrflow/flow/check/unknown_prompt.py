"""P010: a prompt that no language has.

A step, a queue, a mailbox or a source names a prompt, and neither `prompts/*.yaml` nor
the prompts that are shipped have it. A text that is said needs more than one word, or
quotes and a capital letter, to be no prompt's name.

Wrong:

    greet: {say: helo}
                 ^

Right:

    greet: {say: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import of_kind
from ivrflow.flow.kinds import PromptName, Sayable, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if any(file.startswith("prompts/") for file in site.unread):
        return
    names = [name for _, name in of_kind(site, PromptName)]
    names += [
        said.prompt
        for found, said in of_kind(site, Sayable)
        if said.prompt is not None and not (found.way == "hangup" and said == "yes")
    ]
    for name in names:
        if not name.at.line or site.catalogue.has(str(name)):
            continue  # what stands nowhere is a default, and shipped
        if site.catalogue.left_out(str(name)):
            continue  # it is there, and what is wrong in it was told
        hint = did_you_mean(str(name), site.catalogue.names())
        yield Problem(name.at, "P010", f"there is no prompt {str(name)!r}{hint}")
