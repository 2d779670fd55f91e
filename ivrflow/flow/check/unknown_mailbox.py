"""Q011: a mailbox that mailboxes.yaml does not have.

Mend the name, or describe the mailbox in mailboxes.yaml.

Wrong:

    leave: {voicemail: bax}
                       ^

Right:

    leave: {voicemail: box}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.kinds import MailboxName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, MailboxName, "mailboxes.yaml", site.mailboxes):
        yield Problem(
            name.at, "Q011", f"mailboxes.yaml has no mailbox {str(name)!r}{hint}"
        )
