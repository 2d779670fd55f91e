"""Listen to the recordings with Whisper and compare what is heard with the words.

    python tools/hear_sounds.py --model whisper-base/ --report heard.json

Every prompt is heard as a caller hears it, joined from its recordings, and so are
sentences whose values go through all pieces. Needs faster-whisper, soxr, pypinyin and
PyYAML; sounds/README.md says where the model comes from. Prints what was not heard
right, and ends with 1 then.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import soxr
from faster_whisper import WhisperModel
from speech import audio, compare, sentences, site

from ivrflow.telephony.sound import Utterance

WHISPER_RATE = 16000
HINTS = {"zh": "以下是普通话的句子。"}
"""Makes Whisper write simplified characters; it says nothing of what is heard."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--site", type=Path, default=site.SITE)
    parser.add_argument("--sounds", type=Path, default=site.SOUNDS)
    parser.add_argument("--language", action="append", help="only this one")
    parser.add_argument("--only", choices=("prompts", "composed"))
    parser.add_argument("--match", default="", help="only prompts with this in them")
    parser.add_argument("--report", type=Path, help="write all that was heard here")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()

    ear = Ear(given.model, given.threads)
    manifest = json.loads((given.sounds / "manifest.json").read_text("utf-8"))["clips"]

    def recorded(clip: str) -> float | None:
        return manifest[clip]["seconds"] if clip in manifest else None

    catalogue = site.catalogue(given.site)
    report, wrong = [], 0
    for language in given.language or catalogue.languages:
        for kind in ("prompts", "composed"):
            if given.only not in (None, kind):
                continue
            to_say = getattr(sentences, kind)(catalogue, language, recorded)
            said = [it for it in to_say if given.match in it.prompt]
            right, close, clips = 0, 0.0, set()
            for utterance in said:
                clips.update(utterance.clips)
                heard = ear.hears(joined(utterance, given.sounds), utterance.language)
                fine = compare.same(utterance.words, heard, utterance.language)
                right += fine
                close += (
                    1.0
                    if fine
                    else compare.closeness(utterance.words, heard, utterance.language)
                )
                report.append([language, kind, fine, utterance.words, heard])
                if not fine:
                    print(f"  said  {utterance.words}\n  heard {heard}", flush=True)
            wrong += len(said) - right
            print(
                f"{language} {kind}: {right}/{len(said)} heard right, "
                f"{close / max(len(said), 1):.1%} of their sounds, "
                f"{len(clips)} recordings used",
                flush=True,
            )
    if given.report:
        text = json.dumps(report, ensure_ascii=False, indent=1)
        given.report.write_text(text, encoding="utf-8")
    sys.exit(1 if wrong else 0)


class Ear:
    def __init__(self, model: Path, threads: int) -> None:
        self._model = WhisperModel(
            str(model),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )

    def hears(self, sound: np.ndarray, language: str) -> str:
        language = language.partition("-")[0]
        heard, _ = self._model.transcribe(
            soxr.resample(sound, audio.RATE, WHISPER_RATE).astype(np.float32),
            language=language,
            beam_size=5,
            condition_on_previous_text=False,
            initial_prompt=HINTS.get(language),
        )
        return " ".join(part.text.strip() for part in heard)


def joined(utterance: Utterance, sounds: Path) -> np.ndarray:
    """Return the sound of all clips in order, as the switch plays it."""
    parts = [np.zeros(audio.RATE // 4)]
    for clip in utterance.clips:
        kind, _, detail = clip.partition(":")
        if kind == "silence":
            parts.append(np.zeros(int(detail) * audio.RATE // 1000))
        else:
            parts.append(audio.load(sounds / f"{clip}.wav"))
    return np.concatenate([*parts, np.zeros(audio.RATE // 4)])


if __name__ == "__main__":
    main()
