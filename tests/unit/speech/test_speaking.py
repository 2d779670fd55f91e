"""Voices: programs and services that speak, and what is kept of them."""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ivrflow.prompts.measure import faults, measure
from ivrflow.secret import Secret
from ivrflow.speech import espeak
from ivrflow.speech.cache import Cache
from ivrflow.speech.command import Command
from ivrflow.speech.provider import Line, SpeechFailed, Voice, key_of
from ivrflow.speech.providers import provider_of
from ivrflow.speech.speak import Speaker, speak
from tests.unit.speech.wavs import SPEAKER, speaker, tone, tone_wav


def voice(*command, **more):
    return Voice(language="en", provider="command", command=command, **more)


def test_text_comes_by_standard_input_and_sound_by_standard_output(tmp_path):
    sound = provider_of(voice(*speaker(tmp_path))).say(Line(text="hello"))

    assert sound.rate == 8000
    assert sound.seconds == pytest.approx(0.15)


def test_program_may_want_files_instead(tmp_path):
    program = SPEAKER.replace(
        "sys.stdin.buffer.read()", "open(sys.argv[1], 'rb').read()"
    ).replace("sys.stdout.buffer.write", "open(sys.argv[2], 'wb').write")
    command = (*speaker(tmp_path, program), "{text_file}", "{out}")

    assert provider_of(voice(*command)).say(Line(text="hello")).seconds > 0.1


def test_nothing_of_a_text_is_seen_by_a_shell_or_in_arguments(tmp_path):
    program = SPEAKER + f"\nopen({str(tmp_path / 'args')!r}, 'w').write(str(sys.argv))"
    text = f"$(touch {tmp_path}/gone); --help `id`"

    provider_of(voice(*speaker(tmp_path, program), "-v", "{voice}", voice="a;b")).say(
        Line(text=text)
    )

    assert not (tmp_path / "gone").exists()
    seen = (tmp_path / "args").read_text()
    assert "'-v', 'a;b'" in seen
    assert "touch" not in seen


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((), "the command is empty"),
        (("say", "{text}"), "by standard input"),
        (("say", "{colour}"), "no meaning"),
        (("{voice}",), "can't hold"),
        (("/no/such/program",), "can't be run"),
    ],
)
def test_command_that_can_not_be_run_is_told(command, why):
    with pytest.raises(SpeechFailed, match=why) as told:
        provider_of(voice(*command)).say(Line(text="x"))
    assert told.value.lasting


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys; sys.exit('no voice ' + sys.stdin.read())", "status 1: no voice"),
        ("print('not a sound')", "no sound"),
        ("pass", "made no sound"),
    ],
)
def test_program_that_fails_is_told_without_the_words(tmp_path, program, why):
    with pytest.raises(SpeechFailed, match=why) as told:
        provider_of(voice(*speaker(tmp_path, program))).say(Line(text="Ann Smith"))
    assert "Smith" not in str(told.value)


def test_program_that_hangs_is_ended_with_all_its_children(tmp_path):
    program = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c',"
        f"'import time; time.sleep(99)']); open({str(tmp_path / 'pid')!r}, 'w')"
        ".write(str(p.pid)); time.sleep(99)"
    )
    with pytest.raises(SpeechFailed, match="took longer than 2 s"):
        Command(voice(within=2), speaker(tmp_path, program)).say(Line(text="x"))

    stat = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    for _ in range(500):  # a killed process needs a moment to be gone
        try:
            if stat.read_text().split()[2] == "Z":
                break
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.02)
    else:
        raise AssertionError("a child of the program still runs")


def test_service_speaks_over_http_and_redirects_are_not_followed():
    asked = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            asked.append((self.headers["Authorization"], self.rfile.read(length)))
            self.send_response(200 if self.path == "/say" else 302)
            self.send_header("Location", "/say")
            self.end_headers()
            self.wfile.write(tone_wav(0.5))

        def log_message(self, *about):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        at = f"http://127.0.0.1:{server.server_port}"
        about = {"language": "en", "provider": "http", "voice": "ann"}
        one = Voice(url=f"{at}/say", token=Secret("t0ken"), **about)
        sound = provider_of(one).say(Line(text="hello"))
        with pytest.raises(SpeechFailed, match="answered 302"):
            provider_of(Voice(url=f"{at}/other", **about)).say(Line(text="hello"))
    finally:
        server.shutdown()
        server.server_close()

    assert sound.seconds == pytest.approx(0.5)
    assert asked[0][0] == "Bearer t0ken"
    assert json.loads(asked[0][1])["text"] == "hello"
    assert len(asked) == 2


def test_what_was_spoken_once_is_not_spoken_again(tmp_path):
    cache = Cache(tmp_path / "cache")
    known = {"en": voice(*speaker(tmp_path))}
    first = Speaker(known, cache).speak(Line(text="hello"), "en-US")
    (tmp_path / "speaker.py").write_text("raise SystemExit(1)")

    assert Speaker(known, cache).speak(Line(text="hello"), "en") == first
    with pytest.raises(SpeechFailed):
        Speaker(known, cache).speak(Line(text="other"), "en")
    assert list(faults(measure(first.read_bytes()))) == []


def test_key_tells_voice_words_and_rate_apart_and_no_token():
    one, line = Voice(language="en", token=Secret("a")), Line(text="hello")

    keys = {
        key_of(one, line, 8000),
        key_of(one, line, 16000),
        key_of(one, Line(text="hallo"), 8000),
        key_of(Voice(language="en", voice="b"), line, 8000),
    }

    assert len(keys) == 4
    assert key_of(Voice(language="en", token=Secret("b")), line, 8000) in keys


def test_cache_keeps_what_was_used_last(tmp_path):
    cache = Cache(tmp_path, most=20_000)
    paths = [cache.put(f"{n:064x}", tone(0.5)) for n in range(4)]  # 8 kB each
    for age, path in enumerate(reversed(paths)):
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    cache.get(f"{0:064x}", 8000)

    assert cache.trim() == 2
    assert [path.exists() for path in paths] == [True, False, False, True]


def test_espeak_ng_is_asked_for_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IVRFLOW_CACHE", str(tmp_path))

    with pytest.raises(SpeechFailed, match="ivrflow sounds fetch espeak-ng"):
        speak("hello", "en")


def test_espeak_ng_speaks_english_and_chinese(tmp_path, monkeypatch):
    start = espeak.found()
    if start is None:
        pytest.skip("no espeak-ng here: ivrflow sounds fetch espeak-ng")
    monkeypatch.setattr(espeak, "found", lambda: start)
    monkeypatch.setenv("IVRFLOW_CACHE", str(tmp_path))

    for words, language in (("Welcome to the bank.", "en"), ("您好。", "zh-CN")):
        found = measure(speak(words, language).read_bytes())
        assert list(faults(found)) == []
        assert 0.4 < found.seconds < 4
