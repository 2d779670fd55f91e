"""Which recordings a site may play.

A recording is known by its name, and two sites, or two versions of one, may say
different words under the same name: a bank's `welcome` must not sound as the hotline's.
So a recording counts only if the words that `manifest.json` gives for it are the
site's own. Else the prompt is silent, and the log says how many are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivrflow.config import BadConfig
from ivrflow.flow.site import Site
from ivrflow.prompts.inventory import needed
from ivrflow.prompts.text import Titled

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound file: its length, and what is said in it.

    *words* is "" where the list does not tell: such a recording is taken at its name.
    """

    seconds: float
    words: str = ""


def read_recordings(folder: Path) -> Mapping[str, Recording]:
    """Clip -> recording, from the folder's `manifest.json`; raises `BadConfig`."""
    manifest = folder / "manifest.json"
    try:
        clips = json.loads(manifest.read_text("utf-8"))["clips"]
        return {
            clip: Recording(float(about["seconds"]), str(about.get("text", "")))
            for clip, about in clips.items()
        }
    except OSError as error:
        raise BadConfig(
            f"{manifest}: cannot read the list of recordings: {error.strerror}; "
            "set sounds: to the folder that holds it"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadConfig(f"{manifest}: this is no list of recordings") from None


def fitting(site: Site, recordings: Mapping[str, Recording]) -> Mapping[str, float]:
    """Clip -> seconds, for those recordings that say what the site says.

    Takes some milliseconds of a processor.
    """
    wanted = needed(site.catalogue, _titles(site))
    fits = {
        clip.name: found.seconds
        for clip in wanted
        if (found := recordings.get(clip.name)) and found.words in ("", clip.words)
    }
    if lacking := len(wanted) - len(fits):
        log.warning(
            "%d of %d recordings of the site %s are missing or say other words: "
            "callers don't hear them; docs/sounds.md tells how to make them",
            lacking,
            len(wanted),
            site.folder,
        )
    return fits


def _titles(site: Site) -> Iterator[Titled]:
    """The site's own titles that callers and agents may hear."""
    for kind, titles in (
        ("queue", {name: queue.title for name, queue in site.queues.items()}),
        ("switch", {name: switch.title for name, switch in site.switches.items()}),
    ):
        for name, title in titles.items():
            for language in site.settings.languages:
                if words := title.get(language):
                    yield Titled.of(str(language), kind, str(name), str(words))
