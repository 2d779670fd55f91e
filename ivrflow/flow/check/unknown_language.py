"""P014: a language that the site does not have.

A step or a key sets `language` to one that is not in `languages:` of site.yaml, so the
caller would go on in the old one.

Wrong:

    choose: {set: {language: fr}}
                             ^

Right:

    choose: {set: {language: en}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import of_kind
from ivrflow.flow.kinds import Text, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if "site.yaml" in site.unread:
        return
    languages = [str(language) for language in site.settings.languages]
    for found, text in of_kind(site, Text):
        if found.way.split(".")[-2:] != ["set", "language"] or text.slots:
            continue
        if str(text) not in languages:
            hint = did_you_mean(text, languages) or f"; it has: {', '.join(languages)}"
            message = f"the site has no language {str(text)!r}{hint}"
            yield Problem(text.at, "P014", message)
