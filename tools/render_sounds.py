"""Render the recordings that are missing, or whose words have changed.

    python tools/render_sounds.py --model kokoro.int8.onnx --voices voices/

Needs numpy, soxr, onnxruntime, kokoro-onnx, phonemizer, espeakng-loader, misaki[zh] and
PyYAML in an environment of their own, and the model; sounds/README.md says where from.
What a site no longer says stays on the disk; `--clean` removes it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from speech import audio, site
from speech.spoken import Spoken, contexts, spoken
from speech.voice import RATE, Kokoro

RECIPE = "3"
"""Counted up when a change of `audio` or `voice` makes all old recordings stale."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--site", type=Path, default=site.SITE)
    parser.add_argument("--sounds", type=Path, default=site.SOUNDS)
    parser.add_argument("--match", default="", help="only names with this in them")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="remove unused ones")
    given = parser.parse_args()

    manifest = given.sounds / "manifest.json"
    clips = read_manifest(manifest)
    around = contexts(site.catalogue(given.site))
    todo = []
    for clip in site.clips(given.site):
        made = spoken(clip, around)
        if given.match not in clip.name:
            continue
        known = clips.get(clip.name, {})
        exists = (given.sounds / f"{clip.name}.wav").exists()
        if not exists or known.get("hash") != fingerprint(made):
            todo.append((clip, made))
    print(f"{len(todo)} recordings to make", flush=True)
    voice = Kokoro(given.model, given.voices, given.threads) if todo else None
    for number, (clip, made) in enumerate(todo, start=1):
        assert voice is not None
        began = time.monotonic()
        seconds = render(voice, made, given.sounds / f"{clip.name}.wav")
        clips[clip.name] = {
            "text": clip.words,
            "language": clip.language,
            "voice": made.voice,
            "speed": made.speed,
            "hash": fingerprint(made),
            "seconds": seconds,
        }
        if number % 10 == 0 or number == len(todo):
            write_manifest(manifest, clips)
        took = time.monotonic() - began
        print(
            f"{number}/{len(todo)} {clip.name} {seconds:.2f} s (in {took:.1f} s)",
            flush=True,
        )
    if given.clean:
        clean(given.sounds, clips, {clip.name for clip in site.clips(given.site)})
        write_manifest(manifest, clips)
    total = sum(entry["seconds"] for entry in clips.values())
    print(f"{len(clips)} recordings, {total:.0f} s, {total * 16 / 1000:.1f} MB")


def render(voice: Kokoro, made: Spoken, path: Path) -> float:
    """Speak, finish and save one recording; return its length in seconds."""
    before, text, after = (
        voice.phonemes(part, made.language)
        for part in (made.before, made.text, made.after)
    )
    raw = voice.say(
        made.phonemes or text, made.voice, made.speed, before=before, after=after
    )
    before_it, after_it = made.silence
    sound = audio.finished(raw, RATE, before=before_it, after=after_it)
    audio.save(path, sound)
    return round(len(sound) / audio.RATE, 3)


def fingerprint(made: Spoken) -> str:
    text = json.dumps([RECIPE, asdict(made)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_manifest(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    clips: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["clips"]
    return clips


def write_manifest(path: Path, clips: dict[str, Any]) -> None:
    ordered = {name: clips[name] for name in sorted(clips)}
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        f"    {json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}"
        for name, entry in ordered.items()
    )
    body = ",\n".join(lines)
    path.write_text(f'{{\n  "clips": {{\n{body}\n  }}\n}}\n', encoding="utf-8")


def clean(sounds: Path, clips: dict[str, Any], wanted: set[str]) -> None:
    for name in sorted(set(clips) - wanted):
        (sounds / f"{name}.wav").unlink(missing_ok=True)
        del clips[name]
        print(f"removed {name}")


if __name__ == "__main__":
    main()
