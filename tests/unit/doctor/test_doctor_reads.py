"""What a doctor reads: Asterisk's files, the kernel's tables, dialplans."""

import asyncio

import pytest

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.doctor.ami import AskedAmi, NoAmi
from ivrflow.doctor.calling import hears_tone
from ivrflow.doctor.conf import is_yes, read_conf
from ivrflow.doctor.dialplan import applications, differences, included, parsed
from ivrflow.doctor.host import Host, is_here
from ivrflow.secret import Secret
from ivrflow.shipped import shipped


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.conf").write_text(text)
    return folder


# Asterisk's files ---------------------------------------------------------------------


def test_keys_are_read_as_asterisk_does(tmp_path):
    written(
        tmp_path,
        http="""\
; [general]
[general]   ; the only one
enabled = yes
SessionLimit => 2000 ; many
prefix = a\\;b
;-- bindaddr = 0.0.0.0
still a comment --;
""",
    )
    general = read_conf(tmp_path, "http.conf").section("general")

    assert general.get("sessionlimit") == "2000"
    assert general.get("prefix") == "a;b"
    assert general.get("bindaddr", "none") == "none"


def test_templates_give_what_they_have(tmp_path):
    written(
        tmp_path,
        ari="""\
[base](!)
type = user
read_only = yes
[one](base)
password = x
[two](base)
read_only = no
""",
    )
    users = read_conf(tmp_path, "ari.conf").typed("user")

    assert [(user.name, user.get("read_only")) for user in users] == [
        ("one", "yes"),
        ("two", "no"),
    ]


def test_files_that_are_included_count(tmp_path):
    written(
        tmp_path,
        rtp='[general]\n#include "more.conf"\n#tryinclude gone.conf\n',
        more="rtpstart = 12000\n",
    )
    conf = read_conf(tmp_path, "rtp.conf")

    assert conf.section("general").get("rtpstart") == "12000"
    assert conf.whole


@pytest.mark.parametrize("line", ["#include gone.conf", "#exec /bin/make-conf"])
def test_what_can_not_be_read_is_known_to_be_missing(tmp_path, line):
    written(tmp_path, rtp=f"[general]\n{line}\n")

    assert not read_conf(tmp_path, "rtp.conf").whole


def test_a_file_that_includes_itself_comes_to_an_end(tmp_path):
    written(tmp_path, rtp="[general]\n#include rtp.conf\n")

    assert not read_conf(tmp_path, "rtp.conf").whole


def test_a_file_that_is_not_there_is_none(tmp_path):
    assert read_conf(tmp_path, "http.conf") is None


@pytest.mark.parametrize(("word", "yes"), [("Yes", True), ("1", True), ("no", False)])
def test_yes_is_what_asterisk_takes_for_it(word, yes):
    assert is_yes(word) is yes


# The kernel ---------------------------------------------------------------------------

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F98 00000000:0000 0A 00000000:00000000
   1: 00000000:13AE 00000000:0000 0A 00000000:00000000
   2: 0100007F:13AE 0100007F:D431 01 00000000:00000000
"""
TCP6 = """\
  sl  local_address                         remote_address
   0: 00000000000000000000000001000000:1F98 00000000000000000000000000000000:0000 0A
   1: 00000000000000000000000000000000:13AE 00000000000000000000000000000000:0000 0A
"""


@pytest.fixture
def host(tmp_path):
    for name, text in {"tcp": TCP, "tcp6": TCP6}.items():
        path = tmp_path / "proc/net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Host(root=tmp_path)


def test_who_listens_is_read_from_the_kernel(host):
    assert list(map(str, host.listening(8088))) == ["127.0.0.1", "::1"]
    assert list(map(str, host.listening(5038))) == ["0.0.0.0", "::"]
    assert host.listening(80) == []


def test_a_kernel_that_does_not_tell_is_known_as_that(tmp_path):
    assert Host(root=tmp_path).listening(80) is None


def test_this_machine_is_told_from_others():
    assert is_here("127.0.0.1")
    assert is_here("localhost")
    assert not is_here("192.0.2.1")


# Dialplans ----------------------------------------------------------------------------

OURS = (shipped("dialplan") / "ivrflow.conf").read_text("utf-8")


def test_the_shipped_dialplan_is_understood_whole():
    found = parsed(OURS)

    enter = found["ivrflow-enter"].lines["_[0-9*]!"]
    assert enter[0] == ("Set", "IVRFLOW_NUMBER=${FILTER(0-9*,${EXTEN})}")
    assert ("Stasis", "ivrflow,call,${IVRFLOW_NUMBER}") in enter
    assert sum(
        len(lines) for context in found.values() for lines in context.lines.values()
    ) == len([one for one in OURS.splitlines() if one.startswith(("exten", " same"))])
    assert applications(found) >= {"ivrflow"}


def test_the_same_dialplan_differs_nowhere():
    assert differences(parsed(OURS), parsed(OURS), app="ivrflow") == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Wait(0.25)", "Wait(1)", "ivrflow-enter, extension _[0-9*]!, is other from"),
        ("[ivrflow-panic]", "[mine]", "there is no context ivrflow-panic"),
        ("exten => _*XX,1,Goto(ivrflow-enter,${EXTEN},1)\n", "", "lacks the extension"),
        ("[ivrflow-features]\n", "[ivrflow-features]\nexten => 9,1,Dial(x)\n", "9"),
    ],
)
def test_where_a_dialplan_is_another_is_told(old, new, told):
    assert old in OURS
    found = differences(parsed(OURS), parsed(OURS.replace(old, new)), app="ivrflow")

    assert any(told in one for one in found), found


def test_the_application_of_the_settings_stands_for_ours():
    other = OURS.replace("Stasis(ivrflow,", "Stasis(mine,")

    assert differences(parsed(OURS), parsed(other), app="mine") == []


def test_contexts_that_are_led_to_are_known():
    found = parsed("[a]\ninclude => b\nexten => s,1,Goto(c,s,1)\n")

    assert included(found) == {"b", "c"}


# AMI and sound ------------------------------------------------------------------------


async def test_who_does_not_greet_as_ami_is_none():
    async def http(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(http, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NoAmi, match="does not greet"):
            await AskedAmi.signed_in(
                AmiSettings(port=port, user="ivrflow", password=Secret("x"))
            )


async def test_a_password_with_a_line_end_is_never_sent():
    with pytest.raises(NoAmi, match="one line"):
        await AskedAmi.signed_in(
            AmiSettings(port=9, user="ivrflow", password=Secret("x\r\nAction: Command"))
        )


def test_our_tone_is_heard_and_others_are_not():
    tones = shipped("sounds") / "tones"

    assert hears_tone((tones / "ring.wav").read_bytes())
    assert not hears_tone((tones / "done.wav").read_bytes())
    assert not hears_tone(b"no sound")
