"""Listen to a site's prompts with Whisper, joined as a caller hears them.

    python tools/hear_sounds.py flows/hotline --language en --report heard.json

`ivrflow sounds build --verify` hears each recording by itself; this joins them, and has
sentences whose values go through all pieces. Needs the extra `stt` and the model
(`ivrflow sounds fetch whisper-base`). Prints what was not heard right, and ends with 1
then.
"""

from __future__ import annotations

import argparse
import json
import sys
from array import array
from pathlib import Path

import sentences

from ivrflow.flow.load import load_site
from ivrflow.prompts.audio import Sound, read_wav
from ivrflow.service.recordings import seconds_of
from ivrflow.shipped import shipped
from ivrflow.speech import compare
from ivrflow.speech.hearing import Whisper
from ivrflow.speech.shelf import Shelf
from ivrflow.speech.wanted import wanted
from ivrflow.telephony.sound import Utterance

RATE = 8000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--sounds", type=Path, default=shipped("sounds"))
    parser.add_argument("--language", action="append", help="only this one")
    parser.add_argument("--only", choices=("prompts", "composed"))
    parser.add_argument("--match", default="", help="only prompts with this in them")
    parser.add_argument("--report", type=Path, help="write all that was heard here")
    given = parser.parse_args()

    site = load_site(given.site)
    shelf = Shelf.of(given.site, given.sounds).fitting(wanted(site))
    recorded = seconds_of(shelf)
    ear, report, wrong = Whisper.load(), [], 0
    for language in given.language or site.catalogue.languages:
        for kind in ("prompts", "composed"):
            if given.only not in (None, kind):
                continue
            to_say = getattr(sentences, kind)(site.catalogue, language, recorded)
            said = [it for it in to_say if given.match in it.prompt]
            right, close = 0, 0.0
            for one in said:
                places = {
                    clip: shelf[clip].place for clip in one.clips if clip in shelf
                }
                heard = ear.hears(joined(one, places), one.language)
                fine = compare.same(one.words, heard, one.language)
                right += fine
                close += fine or compare.closeness(one.words, heard, one.language)
                report.append([language, kind, fine, one.words, heard])
                if not fine:
                    print(f"  said  {one.words}\n  heard {heard}", flush=True)
            wrong += len(said) - right
            print(
                f"{language} {kind}: {right}/{len(said)} heard right, "
                f"{close / max(len(said), 1):.1%} of their sounds",
                flush=True,
            )
    if given.report:
        text = json.dumps(report, ensure_ascii=False, indent=1)
        given.report.write_text(text, encoding="utf-8")
    sys.exit(1 if wrong else 0)


def joined(utterance: Utterance, places: dict[str, str]) -> Sound:
    """Return the sound of all clips in order, as the switch plays it."""
    samples = array("h", [0] * (RATE // 4))
    for clip in utterance.clips:
        kind, _, detail = clip.partition(":")
        if kind == "silence":
            samples.extend([0] * (int(detail) * RATE // 1000))
        else:
            samples += read_wav(Path(f"{places[clip]}.wav").read_bytes())[1].samples
    samples.extend([0] * (RATE // 4))
    return Sound(samples, RATE)


if __name__ == "__main__":
    main()
