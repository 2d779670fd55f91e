"""The written reference: never out of date, and complete beside other systems."""

import re
from pathlib import Path

import pytest

from ivrflow.flow.load import check_site
from ivrflow.flow.reference import main, reference
from ivrflow.flow.source import Severity
from ivrflow.flow.step import VERBS
from tests.unit.flow.manual_site import site_of
from tests.unit.flow.small_site import write

DOCS = Path(__file__).parents[2] / "docs"
COMPARED = (DOCS / "coming-from.md").read_text("utf-8")
MAKE = "run python -m ivrflow.flow.reference docs/reference"

PAGES = reference()

VOICEXML = re.findall(
    r"\S+",
    """
vxml form block field filled initial menu choice enumerate option link goto submit
subdialog param return exit disconnect object script if elseif else var assign clear
foreach data meta metadata log throw catch error reprompt help noinput nomatch grammar
prompt audio value mark record transfer property
""",
)

PROPERTIES = re.findall(
    r"\S+",
    """
timeout interdigittimeout termtimeout termchar bargein bargeintype inputmodes universals
maxnbest confidencelevel sensitivity speedvsaccuracy completetimeout incompletetimeout
maxspeechtimeout recordutterance fetchtimeout fetchaudio fetchaudiodelay
fetchaudiominimum audiofetchhint documentfetchhint maxage maxstale
""",
)

WIDGETS = [
    "Trigger",
    "Split Based On...",
    "Set Variables",
    "Say/Play",
    "Gather Input On Call",
    "Connect Call To",
    "Make Outgoing Call",
    "Record Voicemail",
    "Call Recording",
    "Enqueue Call",
    "Capture Payments",
    "Fork Stream",
    "Connect Virtual Agent",
    "Send Message",
    "Send & Wait For Reply",
    "Run Function",
    "Make HTTP Request",
    "Run Subflow",
    "Send to Flex",
]

FREEPBX = [
    "IVR Name",
    "IVR Description",
    "Announcement",
    "Enable Direct Dial",
    "Force Strict Dial Timeout",
    "Timeout",
    "Alert Info",
    "Ringer Volume Override",
    "Invalid Retries",
    "Invalid Retry Recording",
    "Append Announcement to Invalid",
    "Return on Invalid",
    "Invalid Recording",
    "Invalid Destination",
    "Timeout Retries",
    "Timeout Retry Recording",
    "Append Announcement on Timeout",
    "Return on Timeout",
    "Timeout Recording",
    "Timeout Destination",
    "Return to IVR after VM",
    "Entries: Digits, Destination",
    "Entries: Return",
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_models_say(name):
    assert (DOCS / "reference" / name).read_text("utf-8") == PAGES[name], MAKE


def test_a_stale_page_is_named_with_its_cure(tmp_path):
    main([str(tmp_path)])
    (tmp_path / "steps.md").write_text("something else")

    with pytest.raises(SystemExit, match=r"steps\.md out of date; write them again: "):
        main(["--check", str(tmp_path)])


def test_every_verb_has_its_place():
    assert re.findall(r"^## (\w+)$", PAGES["steps.md"], re.MULTILINE) == sorted(VERBS)


def test_every_key_is_described():
    for name in ("steps.md", "data.md"):
        for line in PAGES[name].splitlines():
            if line.startswith("| `"):
                assert not line.endswith("|  |"), line


@pytest.mark.parametrize("number", range(COMPARED.count("```yaml")))
def test_an_example_of_the_comparison_is_right(tmp_path, number):
    example = re.findall(r"```yaml\n(.*?)```", COMPARED, re.DOTALL)[number]

    problems = check_site(write(tmp_path, site_of(example))).problems

    assert [str(p) for p in problems if p.severity is Severity.ERROR] == []


def first_cells(section):
    part = COMPARED.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [
        re.split(r"(?<!\\)\|", line)[1].strip()
        for line in part.splitlines()
        if line.startswith("| ")
    ]


@pytest.mark.parametrize(
    ("section", "things"),
    [
        ("VoiceXML 2.1", VOICEXML + PROPERTIES),
        ("Twilio Studio", WIDGETS),
        ("FreePBX", FREEPBX),
    ],
)
def test_nothing_of_another_system_is_left_out(section, things):
    cells = " | ".join(first_cells(section))

    missing = [
        thing for thing in things if not re.search(rf"(?<!\w){re.escape(thing)}", cells)
    ]
    assert missing == []


def test_the_comparison_names_only_verbs_that_there_are():
    says = [
        re.split(r"(?<!\\)\|", line)[2]
        for line in COMPARED.splitlines()
        if line.startswith("| ")
    ]
    verbs = {"browse", "choose", "transfer", "conference", "record", "send", "wait"}
    named = {word for cell in says for word in re.findall(r"`(\w+)`", cell)} & verbs

    assert named <= set(VERBS)
