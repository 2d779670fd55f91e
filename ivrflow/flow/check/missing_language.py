"""P011: a prompt that is missing in one of the site's languages (a warning).

Callers of that language hear it in the site's first language. Add it to the file of the
language that lacks it.

Wrong:

    # site.yaml
    languages: [en, zh-CN]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    # prompts/en.yaml
    hello: Hello.
    ^
    # prompts/zh-CN.yaml
    bye: 再见。
    ^

Right:

    # site.yaml
    languages: [en, zh-CN]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    # prompts/en.yaml
    hello: Hello.
    # prompts/zh-CN.yaml
    hello: 您好。
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Mark, Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if "site.yaml" in site.unread:
        return
    for language, name in site.catalogue.lacking():
        file = f"prompts/{language}.yaml"
        if file not in site.unread:
            default = site.catalogue.default
            message = f"the prompt {name!r} is missing; callers hear it in {default}"
            yield warning(Mark(file, 1, 1), "P011", message)
