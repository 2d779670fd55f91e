"""Asterisk's voicemail.conf, made into mailboxes.yaml."""

import re
import time

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivrflow.flow.importing.voicemail import import_voicemail
from ivrflow.flow.importing.voicemail_options import BOTH, GENERAL, ONE_BOX
from ivrflow.flow.kinds import Duration, DurationRange
from ivrflow.flow.source import Scalar, Severity
from ivrflow.voicemail.keys import keys_of

OFFICE = """\
; the office's mailboxes
[general]
format = wav49|gsm|wav
  maxmsg=50
maxsecs => 120 ; two minutes
minsecs=2
maxsilence=5
skipms = 5000
review=yes
envelope = no
saycid=yes
listen-control-pause-key = 5
aliasescontext = other_names
externnotify = /usr/local/bin/told
tz = china
minpassword=6
dialout=
#include "mail.inc"
;--
1999 => 1,Nobody
--;

[zonemessages]
china = Asia/Shanghai|'vm-received' Q 'digits/at' R

[floor](!)
2000 => 200020,Front desk,desk@example.com

[default]
1001 => 10011001 , 王芳 , wang@example.com|wf@example.com, 138@sms.example.com
1002 => -445566,Li,,,attach=no|maxmsg=0|sendvoicemail=1|callback=out|Language=zh_CN
1003 =>
1001 => 777777,Once more
sales+1 => 998877,Sales

[shop](floor)
1001 => 313131,Shop,shop@example.com,,delete=1|nextaftercmd=yes|messagewrap=yes|rip=x

[Empty]

[other_names]
9001@devices => 1001@default
9002 => 1002
9003 => 5555@nowhere
"""

MAIL = "attach = yes\nserveremail=asterisk@example.com\nemailsubject=New\n"


@pytest.fixture
def imported(tmp_path):
    def make(text, languages=None, **more):
        path = tmp_path / "voicemail.conf"
        path.write_text(text, "utf-8")
        for name, included in more.items():
            (tmp_path / f"{name}.inc").write_text(included, "utf-8")
        return import_voicemail(path, "zh-CN", languages)

    return make


def told(made, severity=None):
    return "\n".join(
        str(p) for p in made.problems if severity is None or p.severity is severity
    )


def one(made):
    (box,) = made.boxes
    return box


# A whole file ---------------------------------------------------------------------


def test_an_office_is_read(imported):
    made = imported(OFFICE, mail=MAIL)

    assert not made.failed
    assert [box.name for box in made.boxes] == [
        "box_1001",
        "box_1002",
        "box_1003",
        "box_sales_1",
        "shop_2000",
        "shop_1001",
    ]
    assert made.boxes[0].keys == {
        "number": "1001",
        "title": {"zh-CN": "王芳"},
        "length": "2s..120s",
        "silence": "5s",
        "review": True,
        "urgent": True,
        "most": 50,
        "keep": {"deleted": "7d"},
        "say": {"caller": True, "when": False, "length": "2m"},
        "may": {"send": False, "call_back": False},
        "next_after": False,
        "wrap": False,
        "min_pin": 6,
        "tell": [
            {"email": "wang@example.com", "attach": "wav"},
            {"email": "wf@example.com", "attach": "wav"},
            {"email": "138@sms.example.com"},
        ],
    }
    assert made.listen_keys == {"pause": "5", "skip": "5s"}


def test_options_of_a_line_go_over_those_of_all(imported):
    made = imported(OFFICE, mail=MAIL)
    boxes = {box.name: box.keys for box in made.boxes}

    assert boxes["box_1002"]["most"] == 0
    assert boxes["box_1002"]["may"] == {"send": True, "call_back": True}
    assert "tell" not in boxes["box_1002"]
    assert boxes["shop_1001"]["delete_after_mail"]
    assert boxes["shop_1001"]["next_after"]
    assert boxes["shop_1001"]["wrap"]
    assert boxes["shop_2000"]["tell"] == [
        {"email": "desk@example.com", "attach": "wav"}
    ]


def test_a_line_goes_over_general_also_where_they_use_old_and_new_names(imported):
    made = imported(
        "[general]\nmaxsecs=60\nminmessage=3\n"
        "[default]\n1001 => 1,Ann,,,maxmessage=90|minsecs=5\n"
    )

    assert one(made).keys["length"] == "5s..90s"


def test_what_becomes_of_each_line_is_told_with_its_place(imported):
    said = told(imported(OFFICE, mail=MAIL))

    for line in (
        "voicemail.conf:3:1: I002 format: kept as WAV",
        "voicemail.conf:14:1: I002 externnotify: `tell: webhook`: no program is run",
        "voicemail.conf:15:1: I002 tz: write `timezone: Asia/Shanghai` into site.yaml",
        "mail.inc:2:1: I002 serveremail: `smtp: from`",
        "voicemail.conf:31:1: I002 1002@default: callback: `may: call_back`",
        "voicemail.conf:32:1: I002 1003@default: no PIN",
        "voicemail.conf:33:1: I003 1001@default is there already (voicemail.conf:30)",
        "voicemail.conf:34:1: I003 sales+1@default: no phone can send this name",
        "voicemail.conf:37:1: I003 1001@shop: box_1001 has this number",
        "voicemail.conf:37:1: I002 1001@shop: 'rip' is no option of Asterisk 22",
        "voicemail.conf:44:1: I003 an alias of a mailbox that is not there",
    ):
        assert line in said
    assert "dialout" not in said  # it is set to nothing


def test_aliases_lead_to_their_mailboxes(imported):
    made = imported(OFFICE, mail=MAIL)

    assert made.name_of("devices", "9001") == "box_1001"
    assert made.name_of("Default", "9002") == "box_1002"
    assert made.name_of("shop", "1001") == "shop_1001"
    assert made.name_of("shop", "9001") == ""


def test_the_text_is_yaml_with_the_same_values(imported):
    made = imported(OFFICE, mail=MAIL)
    read = yaml.safe_load(made.mailboxes_yaml())

    assert read.pop("listen_keys") == made.listen_keys
    assert read == {box.name: box.keys for box in made.boxes}


def test_durations_are_as_sites_write_them(imported):
    for box in imported(OFFICE, mail=MAIL).boxes:
        assert DurationRange.read(Scalar(box.keys["length"])).high == 120
        assert Duration.read(Scalar(box.keys["silence"])) == 5
        assert Duration.read(Scalar(box.keys["keep"]["deleted"])) == 7 * 86400


# PINs -----------------------------------------------------------------------------


def test_pins_come_out_to_be_hashed(imported):
    made = imported(OFFICE, mail=MAIL)
    pins = {b.name: (b.pin.reveal(), b.fixed) for b in made.boxes}

    assert pins == {
        "box_1001": ("10011001", False),
        "box_1002": ("445566", True),
        "box_1003": ("", False),
        "box_sales_1": ("998877", False),
        "shop_2000": ("200020", False),
        "shop_1001": ("313131", False),
    }


@pytest.mark.parametrize("pin", ["1001", "123", "7"])
def test_pin_that_is_easy_and_fixed_is_told(imported, pin):
    changed = told(imported(f"[default]\n1001 => {pin},Ann\n"))
    fixed = told(imported(f"[default]\n1001 => -{pin},Ann\n"))

    assert "is easy to guess" not in changed
    assert "is easy to guess, and can't be changed by phone" in fixed


@pytest.mark.parametrize(
    "line",
    [
        "1001 => 918273,Ann",
        "1001 => -918273,Ann,,,|||=918273|918273=1|918273",
        "1001 => Ann,918273,a@example.com",  # two columns in the wrong order
        "1001 > 918273,Ann",
        "1001 > 918273,Ann,,,a=b",
        "#1001 => 918273,Ann",
        "[1001 => 918273,Ann",
        "1001 => 918273x,Ann",
        "1001 => 1,Ann,918273,918273",
        "1001 => 1,Ann,,,imappassword=918273|maxmsg=918273|review=918273",
        "1001 => 1,Ann,,,language=918273|minsecs=x918273|918273",
        "918273,Ann => 1",
    ],
)
@pytest.mark.parametrize("section", ["[default]\n", "[general]\n", ""])
def test_no_pin_is_shown_wherever_it_stands(imported, line, section):
    made = imported(f"{section}{line}\n[default]\n1002 => 5,Bo\n")

    assert "918273" not in told(made)
    assert "918273" not in made.mailboxes_yaml()
    assert "918273" not in repr(made)


LINES = st.lists(
    st.one_of(
        st.sampled_from(["[general]", "[default]", "[b](!)", "[c](b)", ";--", "--;"]),
        st.tuples(
            st.sampled_from(["1001", "bo", "maxmsg", "tz", "", "1 2", "@"]),
            st.sampled_from([" => ", "=", " > ", "+=", " "]),
            st.lists(st.sampled_from(["918273", "-918273", "x", "a=918273", ""])),
        ).map(lambda part: part[0] + part[1] + ",".join(part[2])),
        st.text(max_size=20),
    ),
    max_size=12,
)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(LINES)
def test_any_file_is_read_without_a_fault_and_shows_no_pin(imported, lines):
    made = imported("\n".join(lines) + "\n[default]\n7 => 1,Ann\n")

    assert "918273" not in told(made)
    yaml.safe_load(made.mailboxes_yaml())


# Options --------------------------------------------------------------------------

SET = {
    "maxmsg": "7",
    "maxsecs": "77",
    "maxmessage": "77",
    "minsecs": "7",
    "minmessage": "7",
    "maxsilence": "7",
    "minpassword": "7",
    "saydurationm": "7",
    "skipms": "7000",
    "language": "de",
    "listen-control-forward-key": "7",
    "listen-control-reverse-key": "7",
    "listen-control-pause-key": "7",
    "listen-control-restart-key": "7",
    "delete": "yes",
    "deletevoicemail": "yes",
}
TURNED_OFF = {"attach", "leaveurgent", "envelope", "sayduration", "moveheard"} | {
    "forward_urgent_auto",
    "tempgreetwarn",
}
LINE = "1001 => 918273,Ann,ann@example.com,,"


def value_of(option):
    return SET.get(option, "no" if option in TURNED_OFF else "yes")


@pytest.mark.parametrize("option", sorted(GENERAL))
def test_each_option_of_all_is_carried_over_or_named_with_the_reason(imported, option):
    plain = imported(f"[default]\n{LINE}\n")
    made = imported(f"[general]\n{option} = {value_of(option)}\n[default]\n{LINE}\n")

    named = f"2:1: I002 {option}: " in told(made)
    carried = made.mailboxes_yaml() != plain.mailboxes_yaml()
    assert named or carried
    assert (named and not carried) or GENERAL[option].key


@pytest.mark.parametrize("option", sorted(BOTH | set(ONE_BOX)))
def test_each_option_of_a_line_is_carried_over_or_named_with_the_reason(
    imported, option
):
    plain = imported(f"[default]\n{LINE}\n")
    made = imported(f"[default]\n{LINE}{option}={value_of(option)}\n")

    named = f"1001@default: {option}: " in told(made)
    assert named or made.mailboxes_yaml() != plain.mailboxes_yaml()


def test_what_asterisk_does_when_nothing_is_written_is_written(imported):
    assert one(imported("[default]\n1001 => 918273\n")).keys == {
        "number": "1001",
        "title": {"zh-CN": "1001"},
        "length": "0s..3600s",
        "silence": "0s",
        "review": False,
        "urgent": True,
        "most": 100,
        "keep": {"deleted": "7d"},
        "say": {"caller": False, "when": True, "length": "2m"},
        "may": {"send": False, "call_back": False},
        "next_after": False,
        "wrap": False,
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("maxmsg=many", "maxmsg is not a whole number: 100 is taken"),
        ("maxmsg=10000", "maxmsg is more than 9,999: that is taken"),
        ("maxsecs=3m", "maxsecs is not a whole number: 0 is taken"),
        ("maxsecs=9|minsecs=10", "minsecs is more than maxsecs (9): 0 is taken"),
        ("review=sure", "review is neither yes nor no: no is taken"),
        ("envelope=ja", "envelope is neither yes nor no: yes is taken"),
        ("language=x y", "language is not one; the site's is taken"),
        ("language=fr", "the site does not speak fr; its own is taken"),
        ("delete=yes", "delete: no address to mail to, so nothing is deleted"),
        ("review", "an option is not `name=value`; not taken"),
        ("maxlogins=4", "maxlogins is an option of [general] alone"),
    ],
)
def test_value_that_can_not_be_carried_over_is_told(imported, options, problem):
    made = imported(f"[default]\n1001 => 1,Ann,,,{options}\n", {"zh-CN", "en"})

    assert not made.failed
    assert problem in told(made)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("review=yes", "review belongs into [general], or a mailbox's line"),
        ("directoryintro=x", "directoryintro: there is no directory by name"),
        ("1@x => 1@default", "write `aliasescontext = default` into [general]"),
        ("a b => 1", "[default] what stands before `=>` is no mailbox's name"),
        ("*98 => 1", "[default] what stands before `=>` is no mailbox's name"),
        (f"2 => 1,,,,{'a=1|' * 2500}", "longer than what Asterisk reads of a line"),
        ("#include gone.conf", "there is no file 'gone.conf' to include"),
        ("#exec cat", "#exec runs a program"),
        ("nonsense", "this line: no `=` in it"),
    ],
)
def test_line_that_is_no_mailbox_is_told(imported, line, problem):
    made = imported(f"[default]\n1001 => 1,Ann\n{line}\n")

    assert [box.name for box in made.boxes] == ["box_1001"]
    assert problem in told(made)


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ("listen-control-forward-key=6", {"forward": "6"}),
        ("listen-control-reverse-key=4", {"back": "4"}),
        ("listen-control-forward-key=69", {"forward": "6"}),
        ("listen-control-pause-key=2", {"pause": "2", "restart": ""}),
        ("listen-control-forward-key=*", {"forward": "*", "back": ""}),
        ("listen-control-reverse-key=#", {"back": ""}),
        ("listen-control-pause-key=x", {}),
        ("skipms=250", {"skip": "250ms"}),
        ("skipms=3000", {}),
        ("skipms=0", {}),
        ("skipms=120000", {"skip": "60s"}),
    ],
)
def test_keys_of_hearing_are_one_each_and_apart(imported, options, keys):
    made = imported(f"[general]\n{options}\n[default]\n1001 => 1,Ann\n")

    assert made.listen_keys == keys
    read = yaml.safe_load(made.mailboxes_yaml()).get("listen_keys", {})
    assert read == keys
    skip = Duration.read(Scalar(read.pop("skip", "3s")))
    assert keys_of(read, float(skip)).skip == skip  # what a site takes


def test_file_without_a_mailbox_is_an_error(imported):
    made = imported("[general]\nmaxmsg=5\n")

    assert made.failed
    assert "there is no mailbox in it" in told(made, Severity.ERROR)
    assert made.mailboxes_yaml() == "{}\n"


# Names, and size ------------------------------------------------------------------


def test_names_are_ours_and_stay_apart(imported):
    made = imported(
        "[default]\na.b => 1\na-b => 1\n[客服]\n1 => 1\n[2nd]\n1 => 1\n"
        "[listen]\nkeys => 1\n"
    )

    names = [box.name for box in made.boxes]
    assert names == ["box_a_b", "box_a_b_2", "box_1", "box_2nd_1", "listen_keys_2"]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)


def test_a_name_in_another_encoding_is_told(imported, tmp_path):
    imported("")
    path = tmp_path / "voicemail.conf"
    path.write_bytes("[default]\n1001 => 918273,王芳\n".encode("gbk"))
    made = import_voicemail(path)

    assert one(made).keys["title"] == {"en": "1001"}
    assert "1001@default: the name is not UTF-8; write its `title` anew" in told(made)


def test_words_of_the_file_can_not_become_keys_of_ours(imported):
    made = imported("[default]\n1001 => 1,x: {a\\;},a@b\n")

    assert yaml.safe_load(made.mailboxes_yaml())["box_1001"]["title"] == {
        "zh-CN": "x: {a;}"
    }


def test_twenty_thousand_mailboxes_are_read_in_seconds(imported):
    lines = "".join(
        f"+{'_' * (n % 30)}{n} => {n},N{n},,,x{n}=1\n" for n in range(20_001)
    )
    began = time.process_time()

    made = imported("[default]\n" + lines)

    assert len(made.boxes) == 20_000
    assert len({box.name for box in made.boxes}) == 20_000
    assert "more than 20,000 mailboxes" in told(made, Severity.ERROR)
    assert time.process_time() - began < 20


def test_an_option_that_many_lines_set_is_told_once(imported):
    lines = "".join(f"{n} => {n},,,,operator=yes|foo=1\n" for n in range(1000, 1500))
    said = told(imported("[default]\n" + lines))

    assert said.count("operator: ") == 1
    assert "1000@default (and 499 more): operator: `keys`" in said
    assert said.count("'foo' is no option of Asterisk 22") == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("listen-control-forward-key=*", "reverse-key: * is forward already"),
        ("listen-control-restart-key=0", "restart-key: 0 is pause already"),
        ("skipms=0", "skipms is 0: 3000 is taken"),
        ("skipms=120000", "skipms is more than 60,000: that is taken"),
    ],
)
def test_a_key_of_hearing_that_is_taken_is_told_where_somebody_set_it(
    imported, option, words
):
    made = imported(f"[general]\n{option}\n[default]\n1001 => 1,Ann\n")

    assert any(
        said.startswith("voicemail.conf:2:") and words in said
        for said in told(made).splitlines()
    )
