"""mailboxes.yaml: how it is read, what is refused, and what the checker says of it."""

import pytest
from small_site import changed, check, serious, write

from ivrflow.flow.check.addresses import PHONE
from ivrflow.flow.importing.voicemail import import_voicemail
from ivrflow.flow.load import check_site
from ivrflow.flow.site.mailboxes import by_number
from ivrflow.voicemail.keys import At, Key, Keys
from ivrflow.voicemail.menu import May
from ivrflow.voicemail.retention import Keep

DAY = 86_400.0
BOX = "box: {title: Box, greeting: hello, heard_by: [admin]}\n"


def told(folder, text, *more):
    """Errors and warnings of the small site with these mailboxes."""
    return serious(check(folder, ("mailboxes.yaml", BOX, text), *more))


def site(folder, text):
    """The small site with these mailboxes; it must be right."""
    report = check_site(write(folder, changed(("mailboxes.yaml", BOX, text))))
    assert serious(report) == []
    return report.site


def box_of(folder, keys):
    return site(folder, f"box: {{heard_by: [admin], {keys}}}\n").mailboxes["box"]


@pytest.mark.parametrize(
    ("written", "keep"),
    [
        ("title: Box", Keep(deleted=7 * DAY)),
        ("keep: 90d", Keep(new=90 * DAY, heard=90 * DAY, deleted=7 * DAY)),
        ("keep: {new: 90d}", Keep(new=90 * DAY, deleted=7 * DAY)),
        ("keep: {heard: 1d, deleted: 2d}", Keep(heard=DAY, deleted=2 * DAY)),
    ],
)
def test_messages_are_kept_as_long_as_is_written(tmp_path, written, keep):
    assert box_of(tmp_path, written).keep.rules() == keep


def test_what_is_said_and_allowed_can_be_taken_away(tmp_path):
    usual = box_of(tmp_path, "title: Box")
    box = box_of(tmp_path, "say: {length: no, when: no}, may: {forward: no, send: no}")

    assert (usual.say.length.seconds, usual.say.when) == (120.0, True)
    assert (box.say.length.seconds, box.say.when, box.say.caller) == (None, False, True)
    assert usual.may.rules() == May()
    assert box.may.rules() == May(send_on=False, send_new=False)


def test_a_promise_is_shorter_for_what_is_urgent(tmp_path):
    plain = box_of(tmp_path, "work: {queue: desk, within: 4h}").work
    work = box_of(tmp_path, "work: {queue: desk, within: 4h, urgent: 30m}").work

    assert plain.promised(urgent=True) == plain.promised(urgent=False) == 14_400.0
    assert [work.promised(urgent=urgent) for urgent in (True, False)] == [1800, 14_400]


def test_a_greeting_is_for_a_kind_of_caller_or_for_all(tmp_path):
    written = "greetings: [{busy: which}, {if: hours.office.open, say: hello}]"
    box = box_of(tmp_path, written)
    of_busy, of_all = box.greetings

    assert (of_busy.prompt("busy"), of_busy.prompt("unavailable")) == ("which", None)
    assert (of_all.prompt("busy"), of_all.prompt("unavailable")) == ("hello", "hello")


def test_a_mailbox_is_found_by_its_number(tmp_path):
    text = 'box: {number: "800"}\nother: {heard_by: [admin]}\n'
    boxes = site(tmp_path, text).mailboxes

    assert (by_number(boxes, "800"), by_number(boxes, "801")) == ("box", "")
    assert (boxes["box"].lamp_of, boxes["other"].lamp_of) == ("800@ivrflow", "")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("length: 2s..2h", "a message lasts 3600 s at most"),
        ("min_pin: 2", "a PIN has 4 to 20 digits"),
        ("delete_after_mail: yes", "nobody gets a mail"),
        ("greetings: [{if: hours.office.open}]", "write one of say, busy and"),
        ("greetings: [{if: hours.ofice.open, say: hello}]", "no timetable 'ofice'"),
        ("greetings: [{if: call.form, say: hello}]", "'call' has no 'form'"),
        ("greetings: [{if: call.waited, say: hello}]", "is no yes or no"),
        ("greetings: [{say: helo}]", "did you mean 'hello'?"),
        ("number: 80O", "is not a mailbox's number"),
        ("lamp: 'x@y@z'", "is no lamp"),
        ("work: {queue: desk, within: 4h, skills: {mail: l}}", "nothing sets 'l'"),
        ("work: {queue: desc, within: 4h}", "did you mean 'desk'?"),
        ("tell: [{call: PJSIP/trunk@evil}]", PHONE),
        ("tell: [{email: a@example.com, words: helo}]", "did you mean 'hello'?"),
        ("say: {length: long}", "write it with a unit"),
    ],
)
def test_what_can_not_be_meant_is_told_with_its_cure(tmp_path, keys, said):
    found = told(tmp_path, f"box: {{heard_by: [admin], {keys}}}\n")

    assert len(found) == 1, found
    assert said in found[0]
    assert found[0].startswith("mailboxes.yaml:1:")


def test_a_mail_may_say_what_is_known_of_the_message(tmp_path):
    prompts = "which: '${title}, ${who}: ${seconds}, ${at}. ${transcript}'"
    text = "box: {heard_by: [admin], tell: [{email: a@example.com, words: note}]}\n"
    files = changed(("mailboxes.yaml", BOX, text))
    files["prompts/en.yaml"] += prompts.replace("which:", "note:") + "\n"

    assert serious(check_site(write(tmp_path, files))) == []


# Keys ---------------------------------------------------------------------------------


def test_keys_are_those_of_app_voicemail_unless_the_site_says_others(tmp_path):
    assert site(tmp_path, BOX).listen_keys == Keys()


@pytest.mark.parametrize("sign", ["star", '"*"'])
def test_a_key_is_written_by_its_word_or_its_sign(tmp_path, sign):
    text = f"listen_keys: {{delete: 6, next: 7, forward: {sign}, back: hash}}\n{BOX}"
    keys = site(tmp_path, text).listen_keys

    assert keys.act(At.MESSAGE, "6") is Key.DELETE
    assert keys.act(At.MESSAGE, "7") is Key.NEXT
    assert keys.act(At.PLAYING, "*") is Key.FORWARD


def test_a_key_can_be_taken_away_and_skipping_be_longer(tmp_path):
    text = f"listen_keys: {{call_back: none, reply: '', skip: 5s}}\n{BOX}"
    keys = site(tmp_path, text).listen_keys

    assert (keys.of[Key.CALL_BACK], keys.of[Key.REPLY], keys.skip) == ("", "", 5.0)


@pytest.mark.parametrize(
    ("written", "place", "said"),
    [
        ("{delete: 6}", "1:15", "'next' and 'delete' are both 6"),
        ("{hear: none}", "1:15", "'hear' must have a key"),
        ("{up: 5}", "1:15", "5 is the digit of a folder"),
        ("{skip: 5m}", "1:21", "can't be skipped"),
        ("{delet: 6}", "1:15", "did you mean 'delete'?"),
        ("{delete: 66}", "1:23", "is not a key"),
    ],
)
def test_keys_that_can_not_be_are_told_where_they_stand(tmp_path, written, place, said):
    found = told(tmp_path, f"listen_keys: {written}\n{BOX}")

    assert len(found) == 1, found
    assert said in found[0]
    assert found[0].startswith(f"mailboxes.yaml:{place}:")


def test_a_step_takes_no_key_of_the_review(tmp_path):
    reviewed = BOX.replace("greeting: hello", "greeting: hello, review: yes")
    step = ("flows/main.yaml", "box: {voicemail: box,", "box: {voicemail: box, keys: {")
    keys = {"4": "is the review's", "hash": "ends the recording", "0": ""}
    found = {
        key: told(tmp_path, reviewed, (step[0], step[1], f"{step[2]}{key}: desk}},"))
        for key in keys
    }

    for key, said in keys.items():
        assert len(found[key]) == bool(said), found[key]
        assert said in "".join(found[key])


def test_an_agent_shares_the_number_of_his_own_mailbox_alone(tmp_path):
    text = 'box: {number: "1"}\n'
    own = ("agents.yaml", "{name: Li,", "{name: Li, mailbox: box,")

    assert any("Q023" in line for line in told(tmp_path, text))
    assert told(tmp_path, text, own) == []


# What the import writes ---------------------------------------------------------------

CONF = """\
[general]
maxsecs=120
minsecs=2
maxsilence=5
skipms=5000
listen-control-pause-key=5
listen-control-forward-key=*
listen-control-reverse-key=#
review=yes
envelope=no
nextaftercmd=yes
minpassword=6

[default]
1001 => 274911,Wang,wang@example.com,,delete=1|sendvoicemail=yes
1002 => 274912,Li,,,sayduration=no|maxmsg=0
"""


def test_what_the_import_writes_is_a_site_s_file(tmp_path):
    conf = tmp_path / "voicemail.conf"
    conf.write_text(CONF, "utf-8")
    made = import_voicemail(conf, "en")

    text = f"{made.mailboxes_yaml()}box: {{heard_by: [admin]}}\n"
    there = site(tmp_path, text)

    first, second = there.mailboxes["box_1001"], there.mailboxes["box_1002"]
    assert (first.number, first.delete_after_mail, first.min_pin) == ("1001", True, 6)
    assert (first.limits.shortest, first.limits.longest) == (2.0, 120.0)
    assert (second.most, second.say.length.seconds) == (0, None)
    assert there.listen_keys.act(At.PLAYING, "*") is Key.FORWARD
    assert there.listen_keys.skip == 5.0
