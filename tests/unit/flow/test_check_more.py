"""What single rules look at beside the example of their manual page."""

from dataclasses import dataclass
from datetime import date

import pytest
from manual_site import site_of
from small_site import check, write

from ivrflow.flow.check.calendar_ends import decreed_until
from ivrflow.flow.load import check_site
from ivrflow.flow.source import Severity
from ivrflow.prompts.measure import Fault


def told(tmp_path, example, code, **more):
    problems = check_site(write(tmp_path, site_of(example)), **more).problems
    return [f"{p.at}: {p.message}" for p in problems if p.code == code]


# Keys that words tell of --------------------------------------------------------------

MENU = (
    "pick: {menu: either, keys: {1: bye, star: bye}, failed: bye}\nbye: {hangup: yes}"
)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("For this press one, for that press star.", []),
        ("For this press 1, for that press the star.", []),
        ("Press two.", ["Press two"]),
        ("press the pound key", ["press the pound"]),
        ("Press onerous buttons.", []),
        ("An express three times a day.", []),
        ("press seven or press eight", ["press eight", "press seven"]),
    ],
)
def test_a_menu_says_the_keys_that_it_has(tmp_path, words, wrong):
    found = told(tmp_path, f"{MENU}\n# prompts/en.yaml\neither: {words}\n", "P021")

    assert [line.split(": ")[1].split(",")[0] for line in found] == [
        repr(one) for one in wrong
    ]


def in_chinese(words):
    site = "languages: [zh-CN]\ntimezone: Asia/Shanghai\nhosts: [erp.example.com]\n"
    prompts = f"either: {words}\nhello: 您好。\nwhich: 请选择。\nenter: 请输入。\n"
    return f"{MENU}\n# site.yaml\n{site}# prompts/zh-CN.yaml\n{prompts}"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("这个请按一，那个请按星号键。", []),
        ("这个请按三。", ["按三"]),
        ("请按一下。", []),
        ("结束请按井号键。", ["按井号键"]),
    ],
)
def test_keys_are_understood_in_chinese_too(tmp_path, words, wrong):
    found = told(tmp_path, in_chinese(words), "P021")

    assert [line.split(": ")[1].split(",")[0] for line in found] == [
        repr(one) for one in wrong
    ]


def test_what_is_read_back_has_its_two_keys(tmp_path):
    example = (
        "ask: {ask: enter, digits: 4, save: x, confirm: right, failed: hangup}\n"
        "# prompts/en.yaml\nright: ${x}. If that is right press one, else press nine.\n"
    )

    [problem] = told(tmp_path, example, "P021")
    assert "'press nine', and no key 9 does anything in the step 'ask'" in problem


def test_an_announcement_tells_keys_that_work_in_the_queue(tmp_path):
    queue = "desk: {title: Desk, announce: [{say: offer, after: 10s}]}\nsales: {}\n"
    example = (
        "wait: {queue: desk, keys: {KEY: hangup}, then: hangup}\n"
        f"# queues.yaml\n{queue}"
        "# prompts/en.yaml\noffer: To leave press one.\n"
    )

    assert told(tmp_path, example.replace("KEY", "1"), "P021") == []
    assert len(told(tmp_path, example.replace("KEY", "2"), "P021")) == 1


def test_a_caller_s_always_key_works_in_the_flow_that_is_called(tmp_path):
    example = (
        "# flows/main.yaml\nflow: main\nalways: {0: bye}\n"
        "steps:\n  go: {call: closing, error: hangup}\n  bye: {hangup: yes}\n"
        "# flows/closing.yaml\nflow: closing\n"
        "steps:\n  m: {menu: either, keys: {1: return}, failed: return}\n"
        "# prompts/en.yaml\neither: Press one, or press zero.\n"
    )

    assert told(tmp_path, example, "P021") == []


# Callers who say nothing --------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("a: {menu: which, keys: {1: hangup}, failed: a}", True),
        ("a: {menu: which, keys: {1: hangup}, failed: repeat}", True),
        ("a: {ask: enter, digits: 2, save: x, failed: b}\nb: {say: hello, then: a}", 1),
        ("a: {menu: which, keys: {1: hangup}, failed: b}\nb: {queue: desk}", False),
        (
            "a: {menu: which, keys: {1: hangup}, failed: b}\n"
            "b: {choose: [{if: now.hour > 8, then: hangup}, {else: a}]}",
            False,
        ),
    ],
)
def test_silence_must_lead_out_of_a_circle(tmp_path, steps, found):
    assert bool(told(tmp_path, steps, "F055")) is bool(found)


def test_an_error_is_caught_by_the_step_that_calls(tmp_path):
    def example(error):
        return (
            f"# flows/main.yaml\nflow: main\nsteps:\n  go: {{call: closing{error}}}\n"
            "# flows/closing.yaml\nflow: closing\nsteps:\n"
            "  find: {lookup: order, with: {id: 5}, not_found: return}\n"
        )

    assert told(tmp_path, example(", error: hangup"), "D017") == []
    assert told(tmp_path, example(", on_error: hangup"), "D017") == []
    assert len(told(tmp_path, example(""), "D017")) == 1


def test_after_the_end_nobody_is_there_to_be_led_anywhere(tmp_path):
    example = (
        "# flows/main.yaml\nflow: main\non_end: note\nsteps:\n"
        "  greet: {hangup: hello}\n  note: {log: {ended_in: call.step}}\n"
        "  find: {lookup: order, with: {id: 5}}\n"
    )

    assert told(tmp_path, example, "D017") == []


# Identified or not --------------------------------------------------------------------

PROVE = """\
prove:
  authenticate: people
  card: {ask: enter, digits: 8}
  pin: {ask: enter, digits: 4}
  lock: {after: 3, within: 24h, for: 24h}
  failed: FAILED
  locked: LOCKED
  error: desk
inside: {queue: desk, then: hangup}
desk: {queue: desk, then: hangup}
bye: {hangup: hello}
again: {menu: which, keys: {1: prove}, failed: bye}
"""


@pytest.mark.parametrize(
    ("failed", "locked", "lines"),
    [
        ("desk", "desk", []),
        ("bye", "desk", [8]),
        ("desk", "bye", [9]),
        ("hangup", "hangup", [8, 9]),
        ("again", "bye", [8, 9]),  # back to the PIN, which he does not have
        ("again", "desk", []),  # three wrong PINs more lock the card
    ],
)
def test_without_a_pin_a_person_is_reached(tmp_path, failed, locked, lines):
    example = PROVE.replace("FAILED", failed).replace("LOCKED", locked)

    found = told(tmp_path, example, "H012")

    assert [int(line.split(":")[1]) for line in found] == lines


def test_a_site_that_has_nobody_to_reach_is_left_alone(tmp_path):
    example = (
        "prove:\n  authenticate: people\n  card: {ask: enter, digits: 8}\n"
        "  pin: {ask: enter, digits: 4}\n  failed: hangup\n  error: hangup\n"
    )

    assert told(tmp_path, example, "H012") == []


# Recordings ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Shelf:
    """Recordings of which some are wrong: clip -> why."""

    wrong: dict[str, str]

    def seconds(self, clip):
        return None if clip.name in self.wrong else 1.0

    def faults(self, clip):
        why = self.wrong.get(clip.name)
        return [Fault("silent", why)] if why else []


def test_a_recording_is_told_at_the_words_that_it_should_say(tmp_path):
    shelf = Shelf({"en/hello": "nothing can be heard in it"})

    assert told(tmp_path, "greet: {say: hello}", "P020", sounds=shelf) == [
        "prompts/en.yaml:1:8: the recording 'en/hello': nothing can be heard in it"
    ]


def test_what_every_site_says_is_told_in_one_line(tmp_path):
    shelf = Shelf({"en/apology": "missing", "en/wrong_number": "missing"})

    [problem] = told(tmp_path, "greet: {say: hello}", "P020", sounds=shelf)
    assert problem.startswith("site.yaml:1:1: 2 recordings of what every site says")


def test_without_recordings_nothing_is_said_of_them(tmp_path):
    assert told(tmp_path, "greet: {say: hello}", "P020") == []


# Reading ------------------------------------------------------------------------------


def test_a_folder_where_a_file_belongs_can_not_be_read(tmp_path):
    (tmp_path / "hours.yaml").mkdir()
    example = {**site_of("greet: {say: hello}"), "hours.yaml": None}

    problems = check_site(write(tmp_path, example)).problems

    assert ["hours.yaml", "Y015"] in [[p.at.file, p.code] for p in problems]


def test_of_very_many_files_the_rest_is_not_read(tmp_path):
    write(tmp_path, site_of("greet: {say: hello}"))
    for number in range(1_001):
        (tmp_path / f"flows/x{number:04}.yaml").write_text("{")

    codes = {p.code for p in check_site(tmp_path).problems}

    assert "Y018" in codes


# The year's end -----------------------------------------------------------------------


def test_holidays_that_are_decreed_end_with_the_last_known_year():
    until = decreed_until("CN", date.today())

    assert until is not None
    assert (until.month, until.day) == (12, 31)
    assert decreed_until("DE", date.today()) is None  # reckoned, for ever


def test_a_calendar_is_a_warning_from_sixty_days_before_its_end(tmp_path):
    last = decreed_until("CN", date.today())
    hours = (
        "hours.yaml",
        "  mon-fri: 09:00-17:00\n",
        "  mon-fri: 09:00-17:00\n  holidays: CN\n",
    )
    check(tmp_path, hours)

    def warned(day):
        report = check_site(tmp_path, today=day)
        return "T015" in [p.code for p in report.of(Severity.WARNING)]

    assert not warned(last.replace(month=11, day=1))
    assert warned(last.replace(month=11, day=2))
