"""What a site says, read just far enough to know which recordings it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.inventory import needed
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.text import Titled
from speech import ROOT

SITE = ROOT / "flows" / "hotline"
SHIPPED = ROOT / "ivrflow" / "prompts" / "shipped"
SOUNDS = ROOT / "sounds"


def read(path: Path) -> Any:
    """Return what a YAML file holds, all scalars as text; {} if there is none."""
    if not path.exists():
        return {}
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}


def catalogue(site: Path) -> Catalogue:
    """Return the site's prompts with the shipped ones; exit if one can't be read."""
    settings = read(site / "site.yaml")
    wrong: list[str] = []

    def report(language: str, path: object, message: str) -> None:
        wrong.append(f"{language} {path}: {message}")

    languages = settings["languages"]
    made = Catalogue.build(
        languages,
        {
            language: read(SHIPPED / f"{language}.yaml")
            | read(site / "prompts" / f"{language}.yaml")
            for language in languages
        },
        report,
        currency=settings.get("currency", "CNY"),
    )
    if wrong:
        raise SystemExit("\n".join(wrong))
    return made


def titles(site: Path) -> Iterator[Titled]:
    """Yield the titles that callers and agents may hear: of queues and switches."""
    for kind, file in (("queue", "queues.yaml"), ("switch", "switches.yaml")):
        for name, one in read(site / file).items():
            title = one.get("title") if isinstance(one, dict) else None
            for language, text in (title if isinstance(title, dict) else {}).items():
                yield Titled.of(language, kind, name, text)


def clips(site: Path) -> list[Clip]:
    return needed(catalogue(site), titles(site))
