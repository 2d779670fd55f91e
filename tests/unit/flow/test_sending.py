"""What the step `send` puts into the outbox, and what it refuses."""

import pytest

from ivrflow.facts import LetterPosted
from ivrflow.flow.load import BadSite
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryOutbox
from tests.unit.flow.one_call import World_, call, site

HOSTS = {"site": "hosts: [hooks.example.com]\n"}
PROMPTS = (
    'receipt: "Order ${number | digits}: ${sum | money}, ${state | word states}."\n'
    'subject: "Your order ${number}"\n'
    "states: {sent: on its way}\n"
)
SET = """\
on_error: lost
steps:
  a: {set: {number: "0042", sum: "${1234.5}", state: sent}}
"""


def run(folder, step, outbox=None, more=""):
    outbox = outbox or MemoryOutbox()
    text = f"{SET}  mail: {step}\n  end: {{hangup: bye}}\n  lost: {{hangup: hello}}\n"
    made = site(folder, text + more, **HOSTS, prompts__en=PROMPTS)
    return call(made, world=World_(outbox=outbox)), outbox


def test_a_mail_is_written_out_and_not_spelled(tmp_path):
    left, outbox = run(
        tmp_path,
        "{send: {email: li@example.com, subject: subject, text: receipt}}",
    )

    [letter] = outbox.letters.values()
    assert (letter.channel, letter.to) == ("email", "li@example.com")
    assert letter.subject == "Your order 0042"
    assert letter.text == "Order 0042: 1234.50 CNY, on its way."
    assert left.said == ["bye"]


def test_a_text_message_may_have_its_words_in_the_flow(tmp_path):
    _, outbox = run(tmp_path, '{send: {sms: "${call.from}", text: "No. ${number}."}}')

    [letter] = outbox.letters.values()
    assert (letter.to, letter.text) == ("13800138000", "No. 0042.")


def test_a_webhook_gets_values_as_json(tmp_path):
    step = (
        "{send: {webhook: 'https://hooks.example.com/x', "
        "with: {number: number, sum: sum, from: call.from}}}"
    )
    _, outbox = run(tmp_path, step)

    [letter] = outbox.letters.values()
    assert letter.data == {"number": "0042", "sum": "1234.5", "from": "13800138000"}


def test_that_something_was_sent_is_a_fact(tmp_path):
    left, _ = run(tmp_path, '{send: {sms: "13800138000", text: Hi there}}')

    [fact] = left.of(LetterPosted)
    assert (fact.step, fact.channel, fact.to) == ("mail", "sms", "13800138000")


@pytest.mark.parametrize(
    "step",
    [
        '{send: {sms: "${call.step}", text: Hi there}, error: lost}',
        '{send: {email: "${state}", subject: subject, text: Hi there}, error: lost}',
    ],
)
def test_what_can_not_be_an_address_is_an_error(tmp_path, step):
    left, outbox = run(tmp_path, step)

    assert outbox.letters == {}
    assert left.said == ["hello"]


def test_an_outbox_that_is_away_is_an_error(tmp_path):
    left, _ = run(
        tmp_path,
        '{send: {sms: "13800138000", text: Hi there}, error: lost}',
        MemoryOutbox(Trouble("disk full")),
    )

    assert left.said == ["hello"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{send: {email: a@b.cn, text: Hi there}}", "needs 'subject'"),
        ("{send: {sms: '13800138000'}}", "needs 'text'"),
        ("{send: {text: Hi there}}", "one of email, sms, webhook"),
        ("{send: {sms: '1', email: a@b.cn, text: hello}}", "one of"),
        ("{send: {sms: '13800138000', text: hello, with: {a: 1}}}", "has no 'with'"),
        ("{send: {email: li, subject: hello, text: hello}}", "D019"),
        ("{send: {webhook: 'https://elsewhere.com/x'}}", "D016"),
    ],
)
def test_what_can_not_be_right_is_told_when_the_site_is_read(tmp_path, step, told):
    with pytest.raises(BadSite) as bad:
        run(tmp_path, step)
    assert told in str(bad.value)


@pytest.mark.parametrize("to", ["email: office", "sms: office"])
def test_a_mailbox_that_tells_an_address_which_is_none_is_told(tmp_path, to):
    box = f"box: {{title: Box, greeting: hello, tell: [{{{to}}}]}}\n"
    with pytest.raises(BadSite, match="D019 'office' is not"):
        site(tmp_path, "steps:\n  end: {hangup: hello}\n", mailboxes=box)


def test_a_secret_can_not_be_sent(tmp_path):
    with pytest.raises(BadSite, match="S010"):
        run(
            tmp_path,
            '{send: {sms: "13800138000", text: "Your PIN is ${pin}"}}',
            more="  ask: {ask: hello, digits: 4, secret: yes, save: pin, then: mail, "
            "failed: lost}\n",
        )
