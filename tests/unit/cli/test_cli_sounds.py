"""`ivrflow sounds`, on a small site and with a program that speaks in tones."""

import csv
import io
import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.prompts.audio import read_wav
from ivrflow.prompts.measure import measure
from ivrflow.prompts.recorded import read_list
from ivrflow.speech import listen as playing
from tests.unit.speech.wavs import SPEAKER, speaker, tone_wav

SITE = {
    "site.yaml": "title: {en: Test}\nlanguages: [en]\ntimezone: Europe/Paris\n",
    "numbers.yaml": "'100': {flow: main}\n",
    "flows/main.yaml": "flow: main\nsteps:\n  hello: {say: welcome}\n"
    "  ask: {menu: choice, keys: {1: hello, 2: bye}, failed: bye}\n"
    "  bye: {hangup: goodbye}\n",
    "prompts/en.yaml": "welcome: Hello there.\ngoodbye: Farewell to you.\n"
    "choice: {choices: {hello: Once more, bye: To end}}\n",
}
OWN = ("choice.bye", "choice.hello", "goodbye", "welcome")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("IVRFLOW_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    for name, text in SITE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def sounds(*arguments):
    return CliRunner().invoke(main, ["sounds", *map(str, arguments)])


def build(site, *more, program=SPEAKER):
    command = shlex.join(speaker(site.parent, program))
    return sounds("build", site, "--with", "command", "--command", command, *more)


def own(site):
    """What of the site's own prompts is recorded."""
    folder = site / "sounds/en"
    return tuple(sorted(path.stem for path in folder.glob("*.wav")))


def faults(site):
    """What is wrong with the site's own prompts: without the shipped recordings, as
    measuring those takes its time."""
    common = site.parent / "empty"
    common.mkdir(exist_ok=True)
    told = sounds("check", site, "--format", "json", "--sounds", common)
    found = json.loads(told.output)["faults"]
    return [f for f in found if f["clip"].removeprefix("en/") in OWN]


def kinds(site):
    return {fault["clip"]: fault["kind"] for fault in faults(site)}


def test_what_is_missing_is_made_and_then_all_is_good(site):
    common = ("--sounds", site.parent / "empty")
    before, told = kinds(site), sounds("check", site, *common)
    made = build(site)

    assert before == {f"en/{name}": "missing" for name in OWN}
    assert told.exit_code == 1
    assert "nobody has recorded: Farewell to you." in told.output
    assert "to make them: ivrflow sounds build" in told.output
    assert made.exit_code == 0, made.output
    assert own(site) == OWN
    assert kinds(site) == {}


def test_pieces_that_a_language_lacks_are_told_in_one_line(site):
    (site.parent / "empty").mkdir()

    told = sounds("check", site, "--sounds", site.parent / "empty").output

    assert told.count("en/pieces") == 1
    assert "pieces of numbers and dates: "


def test_recordings_are_made_once_and_again_when_their_words_change(site):
    build(site, "--only", "welcome")
    again = build(site, "--only", "welcome", program="raise SystemExit(1)")
    prompts = SITE["prompts/en.yaml"].replace("Hello there", "Good morning")
    (site / "prompts/en.yaml").write_text(prompts, "utf-8")

    assert "nothing had to be spoken" in again.output
    assert kinds(site)["en/welcome"] == "other words"
    assert "1 recordings made" in build(site, "--only", "welcome").output
    assert "en/welcome" not in kinds(site)


def test_recording_of_a_person_is_taken_in_and_never_overwritten(site):
    path = site / "sounds/en/goodbye.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(tone_wav(0.7, rate=44100, level=900))
    told = {f["kind"] for f in faults(site) if f["clip"] == "en/goodbye"}
    assert told == {"not listed", "format", "too quiet"}

    taken = build(site, "--only", "goodbye")
    listed = read_list((site / "sounds/manifest.json").read_text("utf-8"))
    prompts = SITE["prompts/en.yaml"].replace("Farewell to", "Good luck to")
    (site / "prompts/en.yaml").write_text(prompts, "utf-8")
    before = path.read_bytes()
    refused = build(site, "--only", "goodbye")

    assert "1 recordings of people are taken in" in taken.output
    assert (listed["en/goodbye"].words, listed["en/goodbye"].voice) == (
        "Farewell to you.",
        "",
    )
    assert measure(before).form.rate == 8000
    assert measure(before).loudness == pytest.approx(-19, abs=0.5)
    assert refused.exit_code == 1
    assert "a person recorded it; it must say now: Good luck to you." in refused.output
    assert path.read_bytes() == before


def test_wide_band_recordings_have_the_name_that_asterisk_wants(site):
    build(site, "--only", "welcome", "--rate", "16000")

    form, _ = read_wav((site / "sounds/en/welcome.wav16").read_bytes())
    assert form.rate == 16000
    assert "en/welcome" not in kinds(site)


@pytest.mark.parametrize(
    ("wav", "kind"),
    [
        (tone_wav(0.5, level=0), "silent"),
        (tone_wav(0.5, level=40), "silent"),
        (tone_wav(0.5, level=400), "too quiet"),
        (tone_wav(0.5, level=20000), "too loud"),
        (tone_wav(0.5, rate=16000), "format"),
        (b"RIFF....WAVE", "format"),
        (b"", "format"),
    ],
)
def test_recording_that_callers_do_not_hear_well_is_told(site, wav, kind):
    build(site, "--only", "welcome")
    (site / "sounds/en/welcome.wav").write_bytes(wav)

    assert kind in [f["kind"] for f in faults(site) if f["clip"] == "en/welcome"]


def test_clipped_recording_is_told(site):
    build(site, "--only", "welcome")
    path = site / "sounds/en/welcome.wav"
    head, body = path.read_bytes()[:44], path.read_bytes()[44:]
    path.write_bytes(head + b"\xff\x7f" * (len(body) // 2))

    assert kinds(site)["en/welcome"] in ("clipped", "too loud")
    assert "cut off at full scale" in str(faults(site))


def test_script_tells_a_voice_talent_everything(site):
    rows = list(csv.reader(io.StringIO(sounds("script", site).output.lstrip("\ufeff"))))
    by_file = {row[1]: row for row in rows[1:]}

    assert by_file["en/welcome.wav"][2:4] == [
        "Hello there.",
        "say hello, flows/main.yaml:3",
    ]
    assert by_file["en/choice.bye.wav"][3] == "menu ask, flows/main.yaml:4"
    assert float(by_file["en/welcome.wav"][5]) >= 1.5
    assert "en/pieces/34.wav" in by_file


def test_script_is_a_page_too_and_lists_only_what_is_missing(site, tmp_path):
    (site / "prompts/en.yaml").write_text(
        SITE["prompts/en.yaml"].replace("Farewell to you.", "Bye <b>& all</b>."),
        "utf-8",
    )
    out = tmp_path / "script.html"

    done = sounds("script", site, "--format", "html", "--missing", "-o", out)

    assert done.exit_code == 0
    page = out.read_text("utf-8")
    assert "Bye &lt;b&gt;&amp; all&lt;/b&gt;." in page
    assert "en/goodbye.wav" in page
    assert "en/pieces/34.wav" not in page


def test_words_that_would_be_a_formula_are_text_in_a_table(site):
    prompts = SITE["prompts/en.yaml"].replace("Farewell to you.", '"=1+1"')
    (site / "prompts/en.yaml").write_text(prompts, "utf-8")

    assert "'=1+1" in sounds("script", site).output


def test_verify_lists_what_is_not_understood(site):
    ear = site.parent / "ear.py"
    ear.write_text("import sys; sys.stdin.buffer.read(); print('hello there')")

    made = build(site, "--ear", shlex.join([sys.executable, str(ear)]))

    assert made.exit_code == 1
    assert "en/goodbye\n  said  Farewell to you.\n  heard hello there" in made.output
    assert "en/welcome\n  said" not in made.output
    assert "1 of " in made.output


def test_what_a_voice_reads_wrong_is_told_to_it_in_reading_json(site):
    (site / "sounds").mkdir()
    reading = {"en/welcome": {"text": "Hello, dear caller, who are there."}}
    (site / "sounds/reading.json").write_text(json.dumps(reading))

    build(site, "--only", "welcome")

    _, sound = read_wav((site / "sounds/en/welcome.wav").read_bytes())
    assert sound.seconds > 0.9  # 30 ms a letter
    (site / "sounds/reading.json").write_text('{"en/welcome": {"speed": "fast"}}')
    assert build(site).exit_code == 2


def test_unused_recordings_of_a_voice_are_removed(site):
    build(site)
    more = SITE["prompts/en.yaml"] + "extra: More of it.\n"
    (site / "prompts/en.yaml").write_text(more, "utf-8")
    build(site, "--only", "extra")
    (site / "prompts/en.yaml").write_text(SITE["prompts/en.yaml"], "utf-8")

    assert "extra" in own(site)
    assert "1 removed" in build(site, "--clean").output
    assert "extra" not in own(site)


def test_ctrl_c_keeps_whole_files_and_the_next_run_goes_on(site):
    slow = SPEAKER.replace("samples = []", "samples = []; import time; time.sleep(0.3)")
    command = shlex.join(speaker(site.parent, slow))
    arguments = ["sounds", "build", str(site), "--whole", "--with", "command"]
    with subprocess.Popen(
        [sys.executable, "-m", "ivrflow", *arguments, "--command", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for _ in range(600):
            if len(list(site.rglob("*.wav"))) >= 3:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0].decode()

    made = [path.relative_to(site / "sounds") for path in site.rglob("*.wav")]
    listed = read_list((site / "sounds/manifest.json").read_text("utf-8"))
    assert process.returncode == 2
    assert "the next run goes on" in said
    assert "Traceback" not in said
    assert {str(path.with_suffix("")) for path in made} == set(listed)
    assert not list(site.rglob(".new-*"))
    name = made[0].with_suffix("").as_posix()
    assert "nothing had to be spoken" in build(site, "--whole", "--only", name).output


def test_listen_plays_or_names_the_file(site, monkeypatch):
    build(site, "--only", "goodbye")
    played = site.parent / "played"
    player = site.parent / "bin/aplay"
    player.parent.mkdir()
    player.write_text(f'#!/bin/sh\necho "$@" >> {played}\n')
    player.chmod(0o755)

    monkeypatch.setenv("PATH", "")
    named = sounds("listen", site, "goodbye")
    monkeypatch.setenv("PATH", f"{player.parent}:/bin:/usr/bin")
    monkeypatch.setattr(playing, "PLAYERS", (("aplay", "-q"),))
    heard = sounds("listen", site, "goodbye")

    path = site / "sounds/en/goodbye.wav"
    assert f"{path}: Farewell to you." in named.output
    assert "nothing here plays sound" in named.output
    assert heard.exit_code == 0
    assert played.read_text() == f"-q {path}\n"
    assert sounds("listen", site, "nothing").exit_code == 2
    monkeypatch.chdir(site)
    assert "sounds/en/goodbye.wav: Fare" in sounds("listen", "goodbye").output
    assert "Missing argument 'PROMPT'" in sounds("listen").output


def test_mistakes_of_the_caller_are_told(site):
    assert "--voice en: write" in build(site, "--voice", "en").output
    assert sounds("build", site, "--with", "command").exit_code == 2
    assert "has no language 'fr'" in sounds("check", site, "--language", "fr").output
    assert sounds("check", site.parent).exit_code == 2
    (site / "sounds").mkdir(exist_ok=True)
    Path(site, "sounds/manifest.json").write_text("{}")
    assert "this is no list of recordings" in sounds("check", site).output


def test_voices_of_the_settings_are_used(site, tmp_path):
    words = ", ".join(f'"{part}"' for part in speaker(tmp_path))
    for name in ("password", "token", "pepper"):
        (tmp_path / name).write_text("x")
    settings = tmp_path / "ivrflow.yaml"
    settings.write_text(
        f"site: site\ndatabase: sqlite:///a.db\npepper_file: pepper\n"
        "ari: {password_file: password}\n"
        "api: {token_file: token}\n"
        f"speech: {{cache: c, voices: {{en: {{with: command, command: [{words}]}}}}}}\n"
    )

    made = sounds("build", site, "--config", settings, "--only", "goodbye")

    assert "en: 1 recordings to make, with command" in made.output
    assert own(site) == ("goodbye",)
