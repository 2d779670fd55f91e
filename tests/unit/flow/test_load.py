"""Loading a site: the sample as it stands, and every mistake told at its place."""

import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_site import FILES, SAMPLE, changed, check, serious, write

from ivrflow.flow.load import BadSite, check_site, load_site
from ivrflow.flow.source import Severity


@pytest.fixture(scope="module")
def sample():
    return load_site(SAMPLE)


# The sample ---------------------------------------------------------------------------


def test_a_key_that_is_misspelt_is_told_once_and_not_as_missing_too(tmp_path):
    (tmp_path / "site.yaml").write_text("languages: [en]\ntimezon: UTC\n", "utf-8")
    told = [str(p) for p in check_site(tmp_path).problems if p.at.file == "site.yaml"]

    assert any("F011" in p and "did you mean 'timezone'" in p for p in told)
    assert not any("F012" in p for p in told)


def test_the_sample_is_accepted_with_notes_only():
    report = check_site(SAMPLE, today=date(2026, 3, 1))

    assert serious(report) == []
    assert {p.code for p in report.problems} == {"D090", "H013"}


def test_what_the_sample_needs_from_the_settings_is_noted():
    notes = [str(p) for p in check_site(SAMPLE).of(Severity.NOTE)]

    assert any("needs the database 'crm'" in one for one in notes)
    assert any("needs the secret 'erp'" in one for one in notes)
    assert any("host 'erp.example.com'" in one for one in notes)


def test_a_site_may_stand_anywhere(tmp_path, sample):
    elsewhere = shutil.copytree(SAMPLE, tmp_path / "a site" / "热线")

    assert load_site(elsewhere).version == sample.version


def test_a_flow_has_its_steps_in_the_order_of_the_file(sample):
    flow = sample.flows["hotline"]

    assert flow.start == "welcome"
    assert list(flow.nodes)[:3] == ["welcome", "language", "identify"]
    assert flow.nodes["welcome"].next == "language"
    assert flow.nodes["note_call"].next is None
    assert flow.nodes["identify"].verb == "authenticate"
    assert str(flow.nodes["identify"].at) == "flows/hotline.yaml:27:3"


def test_keys_and_events_of_a_flow_are_read(sample):
    flow = sample.flows["hotline"]

    assert {str(key): str(c.then) for key, c in flow.always.items()} == {
        "0": "agent",
        "9": "repeat",
        "*": "back",
    }
    assert (flow.on_error, flow.on_end, flow.answer) == (
        "sorry_agent",
        "note_call",
        True,
    )


def test_the_other_files_are_read(sample):
    queue, box = sample.queues["service"], sample.mailboxes["service"]

    assert sample.settings.languages == ("zh-CN", "en")
    assert sample.settings.longest_call == 3600
    assert sample.numbers["*11"].agent == "sign_in"
    assert sample.data["retailers"].pin_column == "pin_hash"
    assert sample.data["last_order"].gives["state"].one_of == (
        "packed",
        "sent",
        "delivered",
    )
    assert (queue.choose, queue.ring, queue.longest_line) == ("best_skill", 20, 200)
    assert [a.every for a in queue.announce] == [40, 60]
    assert sample.agents["1003"].levels() == {
        "district": {"north": 3, "east": 3},
        "language": {"en": 5, "zh-CN": 2},
    }
    assert (box.limits.shortest, box.limits.longest, box.limits.silence) == (2, 120, 5)
    assert [(t.channel, t.to, t.when) for t in box.tells] == [
        ("email", "duty@example.com", "always"),
        ("call", "PJSIP/2001", "urgent"),
    ]
    assert sample.hours["office"].closed_by == "office_closed"
    assert list(sample.pauses) == ["lunch", "break", "training"]


def test_the_version_changes_with_any_text(tmp_path, sample):
    copy = shutil.copytree(SAMPLE, tmp_path / "site")
    path = copy / "prompts/en.yaml"
    path.write_text(path.read_text("utf-8").replace("Goodbye", "Bye"), "utf-8")

    assert load_site(copy).version != sample.version


# What is wrong ------------------------------------------------------------------------


def test_the_small_site_of_these_tests_is_right(tmp_path):
    assert serious(check(tmp_path)) == []


def test_a_folder_without_site_yaml_is_no_site(tmp_path):
    with pytest.raises(BadSite, match=r"there is no site\.yaml here"):
        load_site(tmp_path)


def test_all_problems_of_all_files_are_told_at_once_in_the_files_order(tmp_path):
    report = check(
        tmp_path,
        ("flows/main.yaml", "menu: which", "menu: which\n    promt: x"),
        ("hours.yaml", "17:00", "08:00"),
        ("queues.yaml", "after: 10s", "after: 10"),
    )

    codes = [(p.at.file, p.code) for p in report.of(Severity.ERROR)]
    assert codes[:1] == [("flows/main.yaml", "F011")]
    assert ("hours.yaml", "T002") in codes
    assert ("queues.yaml", "F014") in codes
    assert codes == sorted(codes)
    assert report.site is None


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "flows/main.yaml",
            "menu: which",
            "menu: which\n    tires: 3",
            "flows/main.yaml:15:5: F011 'menu' has no key 'tires'; did you mean "
            "'tries'?",
        ),
        (
            "flows/main.yaml",
            "menu: which",
            "meun: which",
            "flows/main.yaml:14:5: F010 there is no verb 'meun'; did you mean 'menu'?",
        ),
        (
            "flows/main.yaml",
            "menu: which\n    keys: {1: tell, 2: desk}",
            "menu: which",
            "flows/main.yaml:13:3: F012 'menu' needs the key 'keys'",
        ),
        (
            "flows/main.yaml",
            "{voicemail: box, then: hangup}",
            "{voicemail: box, say: hello, then: hangup}",
            "flows/main.yaml:27:25: F015 the step 'box' has two verbs, 'voicemail' and "
            "'say'; make two steps of it",
        ),
        (
            "flows/main.yaml",
            "{voicemail: box, then: hangup}",
            "{then: hangup}",
            "flows/main.yaml:27:3: F016 the step 'box' has no verb; there are: ",
        ),
        (
            "flows/main.yaml",
            "menu: which",
            "menu: which\n    wait: soon",
            "flows/main.yaml:15:11: F014 'soon' is not a duration; write it with a "
            "unit: "
            "250ms, 6s, 5m",
        ),
        (
            "flows/main.yaml",
            "menu: which",
            "menu: which\n    barge_in: maybe",
            "flows/main.yaml:15:15: F014 'barge_in' can't be 'maybe'; there are: yes, "
            "no, "
            "fits",
        ),
        (
            "flows/main.yaml",
            "{1: tell, 2: desk}",
            "{1: tell, 2: {then: desk, iff: x}}",
            "flows/main.yaml:15:37: F011 '2' has no key 'iff'; did you mean 'if'?",
        ),
        (
            "flows/main.yaml",
            "{1: tell, 2: desk}",
            "{1: tell, 2: {if: 1 < 2}}",
            "flows/main.yaml:15:24: F012 '2' needs the key 'then'",
        ),
        (
            "flows/main.yaml",
            "{1: tell, 2: desk}",
            "{1: tell, 12345: desk}",
            "flows/main.yaml:15:21: F014 '12345' is not what is pressed at a menu "
            "(0-9, star, hash, or up to four digits)",
        ),
        (
            "flows/main.yaml",
            "{1: tell, 2: desk}",
            "{1: tell, 2: {then: desk, if: who.id = 2}}",
            "flows/main.yaml:15:48: F014 `=` is not for expressions; write == to "
            "compare",
        ),
        (
            "flows/main.yaml",
            "greet: {say: hello}",
            "greet:\n    say: Press # now",
            "flows/main.yaml:13:16: Y002 what follows ` #` is a comment to YAML and is "
            "never said; put the whole text in quotes",
        ),
        (
            "flows/main.yaml",
            "greet: {say: hello}",
            "greet: hello",
            "flows/main.yaml:12:3: F013 a step is a table like {say: ...}, not 'hello'",
        ),
        (
            "flows/main.yaml",
            "greet: {say: hello}",
            "hangup: {say: hello}",
            "flows/main.yaml:12:3: F014 no step can be called 'hangup': that word is a "
            "target",
        ),
        (
            "flows/main.yaml",
            "on_end: last",
            "on: last",
            "flows/main.yaml:4:1: F011 a flow has no key 'on'; there are: flow, "
            "title, ",
        ),
        (
            "flows/sub.yaml",
            "flow: sub",
            "flow: main",
            "flows/sub.yaml:1:7: F018 the flow 'main' stands in flows/main.yaml "
            "already",
        ),
        (
            "site.yaml",
            "Asia/Shanghai",
            "Asia/Shanghia",
            "site.yaml:2:11: T001 'Asia/Shanghia' is no time zone; did you mean "
            "'Asia/Shanghai'?",
        ),
        (
            "site.yaml",
            "languages: [en]",
            "languages: en",
            "site.yaml:1:12: F013 'languages' must be a list, not 'en'",
        ),
        (
            "site.yaml",
            "languages: [en]\n",
            "",
            "site.yaml:1:1: F012 site.yaml needs the key 'languages'",
        ),
        (
            "site.yaml",
            "languages: [en]",
            "languages: [tlh]",
            "site.yaml:1:13: P003 nothing can say numbers in 'tlh'; there are en zh",
        ),
        (
            "site.yaml",
            "languages: [en]",
            "languages: [en, zh-CN]",
            "site.yaml:1:17: P004 the prompts of this language are missing",
        ),
        (
            "hours.yaml",
            "09:00-17:00",
            "09:00-13:00, 12:00-17:00",
            "hours.yaml:2:12: T003 '09:00-13:00, 12:00-17:00': hours overlap",
        ),
        (
            "hours.yaml",
            "mon-fri",
            "mon-fry",
            "hours.yaml:2:3: F014 'mon-fry' is not days of the week",
        ),
        (
            "hours.yaml",
            "closed_by: shut",
            "holidays: XX",
            "hours.yaml:3:13: T004 no calendar knows the holidays of 'XX'",
        ),
        (
            "data.yaml",
            "  get: https",
            "  sql: select 1\n  get: https",
            "data.yaml:9:3: D002 a source has sql or get, not both",
        ),
        (
            "data.yaml",
            "name: text",
            "name: txt",
            "data.yaml:4:29: F014 'type' can't be 'txt'; did you mean 'text'?",
        ),
        (
            "queues.yaml",
            "title: Desk",
            "title: Desk, choose: best_skil",
            "queues.yaml:1:29: F014 'choose' can't be 'best_skil'; did you mean "
            "'best_skill'?",
        ),
        (
            "agents.yaml",
            "mail: 3",
            "mail: 11",
            "agents.yaml:2:50: F014 '11' is not a level from 0 to 10",
        ),
        (
            "mailboxes.yaml",
            "greeting: hello",
            "greting: hello",
            "mailboxes.yaml:1:19: F011 'box' has no key 'greting'; did you mean "
            "'greeting'?",
        ),
        (
            "numbers.yaml",
            '"100": {flow: main}',
            '"one": {flow: main}',
            "numbers.yaml:1:1: F014 'one' is not a number to dial",
        ),
        (
            "prompts/en.yaml",
            "card: Your card, please.",
            "card: Your card # please.",
            "prompts/en.yaml:6:17: Y002 what follows ` #` is a comment",
        ),
        (
            "prompts/en.yaml",
            "${who.name}",
            "${who.}",
            "prompts/en.yaml:1:20: P002 a column's name is wanted after the point",
        ),
        (
            "prompts/en.yaml",
            "| number}",
            "| numbr}",
            "prompts/en.yaml:2:10: P001 there is no filter 'numbr'; did you mean "
            "'number'?",
        ),
        (
            "prompts/en.yaml",
            "card: Your card, please.",
            'card: Your card, please.\n"q\\e[31m": Hi.',
            "prompts/en.yaml:7:12: P001 'q?[31m' can't name a prompt",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place_with_its_cure(
    tmp_path, file, old, new, expected
):
    found = serious(check(tmp_path, (file, old, new)))

    assert any(line.startswith(expected) for line in found), "\n".join(found)


def test_one_mistake_in_a_step_does_not_make_its_neighbours_wrong(tmp_path):
    found = serious(
        check(tmp_path, ("flows/main.yaml", "menu: which", "menu: which\n    tires: 3"))
    )

    assert len(found) == 1, found


def test_a_file_that_can_not_be_read_does_not_make_its_names_unknown(tmp_path):
    found = serious(check(tmp_path, ("queues.yaml", "desk:", "desk: :")))

    assert [line.split(":")[0] for line in found] == ["queues.yaml"], found


def test_an_entry_that_is_wrong_does_not_make_its_name_unknown(tmp_path):
    found = serious(check(tmp_path, ("mailboxes.yaml", "title", "titel")))

    assert len(found) == 1, found


def test_a_site_without_flows_can_not_start(tmp_path):
    files = {**FILES, "flows/main.yaml": None, "flows/sub.yaml": None}

    found = serious(check_site(write(tmp_path, files)))

    assert any("F019 there is no flow" in line for line in found)


def test_the_smallest_site_needs_few_files(tmp_path):
    write(
        tmp_path,
        {
            "site.yaml": "languages: [en]\ntimezone: UTC\n",
            "prompts/en.yaml": "hello: Hello.\n",
            "flows/a.yaml": "flow: a\nsteps:\n  hello: {say: hello}\n",
        },
    )

    assert load_site(tmp_path).flows["a"].start == "hello"


def test_a_file_with_a_wrong_name_is_named(tmp_path):
    write(tmp_path, {**FILES, "hour.yaml": "a: b"})

    found = serious(check_site(tmp_path))

    assert found == [
        "hour.yaml:1:1: Y017 this file is not a part of a site and is not read; did "
        "you "
        "mean 'hours.yaml'?"
    ]


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize(
    "text",
    ["", "- a", "a: b", "{", "1: {2: {3: [4]}}"],
)
def test_no_file_whatever_it_holds_can_make_the_checker_fail(tmp_path, name, text):
    write(tmp_path, changed())
    (tmp_path / name).write_text(text, "utf-8")

    check_site(tmp_path)


def test_a_folder_in_place_of_a_file_is_a_problem_and_no_crash(tmp_path):
    write(tmp_path, {**FILES, "data.yaml": None})
    (tmp_path / "data.yaml").mkdir()

    found = serious(check_site(tmp_path))

    assert found[0].startswith("data.yaml:1:1: Y015 can't be read: ")


SAMPLE_FILES = sorted(
    path.relative_to(SAMPLE).as_posix()
    for path in SAMPLE.rglob("*.yaml")
    if "tests" not in path.parts
)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(SAMPLE_FILES),
    at=st.floats(0, 1, exclude_max=True),
    gone=st.integers(0, 12),
    put=st.text("{}[]:#*&!|>'\"%@,-? \n\t$.()=<0ay", max_size=3),
)
def test_no_damage_to_the_sample_can_make_the_checker_fail(name, at, gone, put):
    with TemporaryDirectory() as folder:
        site = shutil.copytree(SAMPLE, Path(folder) / "site")
        text = (site / name).read_text("utf-8")
        place = int(at * len(text))
        (site / name).write_text(text[:place] + put + text[place + gone :], "utf-8")

        for problem in check_site(site).problems:
            assert problem.at.line >= 1, problem
