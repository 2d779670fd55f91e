"""`ivrflow sounds check`: what callers would not hear, or not well."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ivrflow.cli.sounds.place import Place, site_options
from ivrflow.prompts.phrase import Clip
from ivrflow.speech import check as checking


@click.command()
@site_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How faults are printed.",
)
@click.option("--strict", is_flag=True, help="What is only slow or loud fails too.")
def check(
    site: Path,
    config: Path | None,
    common: Path | None,
    language: tuple[str, ...],
    form: str,
    strict: bool,
) -> None:
    """Say what is wrong with the recordings of a site.

    SITE is the folder of the site; without it, the current folder.

    Missing, silent, clipped, too loud or too quiet ones, those that Asterisk does not
    play, those that say other words than the prompt does today, and the pieces of
    numbers, dates and money that a language lacks.

    Exit status: 0 if callers hear every word, 1 if they don't (with --strict: any
    fault), 2 if the check could not be made.
    """
    place = Place(site, config, common)
    clips = place.wanted(language)
    wrong = [one for clip in clips for one in checking.judged(clip, place.shelf)]
    serious = checking.serious(wrong)
    if form == "json":
        click.echo(json.dumps(_as_json(clips, wrong), ensure_ascii=False, indent=2))
    else:
        for line in _as_text(clips, wrong):
            click.echo(line)
        if any(one.fault.kind in _BUILDS for one in wrong):
            click.echo(f"to make them: ivrflow sounds build {site}")
    sys.exit(1 if serious or (strict and wrong) else 0)


_BUILDS = frozenset({"missing", "not listed", "other words"})
"""Faults that `sounds build` mends, or says who must."""


def _as_json(clips: Sequence[Clip], wrong: Sequence[checking.Wrong]) -> Any:
    return {
        "recordings": len(clips),
        "faults": [
            {
                "clip": one.clip.name,
                "language": one.clip.language,
                "words": one.clip.words,
                "kind": one.fault.kind,
                "message": one.fault.message,
                "file": one.file,
                "piece": one.is_piece,
            }
            for one in wrong
        ],
    }


def _as_text(clips: Sequence[Clip], wrong: Sequence[checking.Wrong]) -> Iterable[str]:
    """Each fault with its file; missing pieces in one line for each language."""
    pieces: dict[str, list[str]] = {}
    for one in wrong:
        if one.is_piece and one.fault.kind == "missing":
            pieces.setdefault(one.clip.language, []).append(one.clip.words)
            continue
        kind = click.style(
            one.fault.kind, fg="yellow" if one.fault.kind in checking.MILD else "red"
        )
        yield f"{one.file or one.clip.name}: {kind}: {one.fault.message}"
    for language, words in pieces.items():
        kind = click.style("missing", fg="red")
        shown = ", ".join(words[:8]) + (", ..." if len(words) > 8 else "")
        what = f"{len(words)} pieces of numbers and dates"
        yield f"{language}/pieces: {kind}: {what}: {shown}"
    for language in dict.fromkeys(clip.language for clip in clips):
        mine = [clip for clip in clips if clip.language == language]
        bad = {one.clip.name for one in wrong if one.clip.language == language}
        yield f"{language}: {len(mine) - len(bad)} of {len(mine)} recordings are good"
    kinds = Counter(one.fault.kind for one in wrong)
    if kinds:
        yield ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
