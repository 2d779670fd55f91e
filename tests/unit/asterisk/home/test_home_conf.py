import re
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from ivrflow.asterisk.home.conf import Folders, fill, shipped, write
from ivrflow.asterisk.home.credentials import Credentials, Ports

PORTS = Ports(ari=8088, sip=5070, events=8888, rtp=(10000, 11999))


def folders(top):
    names = ("etc", "lib", "data", "spool", "run", "log", "modules")
    return Folders(**{name: top / name for name in names})


def written(top, **more):
    write(folders(top), PORTS, Credentials(ari_password="pass", **more))
    etc = top / "etc"
    return {str(p.relative_to(etc)): p.read_text() for p in etc.rglob("*.conf")}


def test_a_template_gets_its_values_and_keeps_asterisks_own_variables():
    assert fill("a=${a} $${EXTEN}", {"a": "1"}) == "a=1 ${EXTEN}"


def test_a_name_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        fill("${nobody}", {})


def test_no_name_of_a_template_is_left_in_what_is_written(tmp_path):
    files = written(tmp_path)
    for name in ("ivrflow.conf", "ivrflow-agi.conf"):
        del files[name]  # the dialplan has variables of its own
    assert [name for name, text in files.items() if "${" in text] == []


def test_asterisk_is_told_to_bring_its_events_only_if_it_is_to(tmp_path):
    assert "[ivrflow-events]" in written(tmp_path)["ari.conf"]
    uri = "uri = ws://127.0.0.1:8888/ari"
    assert uri in written(tmp_path)["websocket_client.conf"]

    write(folders(tmp_path), replace(PORTS, events=0), Credentials())
    for name in ("ari.conf", "websocket_client.conf"):
        text = (tmp_path / "etc" / name).read_text()
        assert "type = outbound_websocket" not in text
        assert "uri = " not in text


def test_every_file_is_for_its_owner_alone_even_if_it_was_not_before(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ari.conf").write_text("old")
    (tmp_path / "etc" / "ari.conf").chmod(0o644)
    written(tmp_path)
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "etc").rglob("*.conf")}
    assert modes == {0o600}


def test_the_dialplan_is_included_word_for_word(tmp_path):
    ours = (shipped("dialplan") / "ivrflow.conf").read_text()
    assert written(tmp_path)["ivrflow.conf"] == ours


@pytest.mark.parametrize("bad", ["", "a b", "a\nb", "a;b", "#x", "[x]", 'a"b', "a=b"])
def test_a_password_that_would_write_other_settings_is_refused(tmp_path, bad):
    with pytest.raises(ValueError, match="can't stand in Asterisk's configuration"):
        write(folders(tmp_path), PORTS, Credentials(events_password=bad))
    with pytest.raises(ValueError, match="can't stand in Asterisk's configuration"):
        write(folders(tmp_path), PORTS, Credentials(agents={"1001": bad}))


def test_strangers_may_call_on_the_loopback_address_alone(tmp_path):
    write(folders(tmp_path), PORTS, Credentials())
    phones = tmp_path / "etc/private/pjsip.conf"
    assert "[anonymous]" in phones.read_text()
    write(folders(tmp_path), PORTS, Credentials(), sip_host="192.0.2.7")
    assert "[anonymous]" not in phones.read_text()
    assert "media_address = 192.0.2.7" in phones.read_text()


def test_ami_is_off_unless_it_has_a_port(tmp_path):
    assert "enabled = no" in written(tmp_path)["manager.conf"]


def test_passwords_are_random_and_long():
    one, other = Credentials(), Credentials()
    assert one.ari_password != other.ari_password
    assert one.agents != other.agents
    assert len(one.ari_password) * 6 >= 128


def test_passwords_are_not_shown():
    shown = repr(Credentials(ari_password="geheim", agents={"1001": "geheim"}))
    assert "geheim" not in shown


def settings(name):
    """The lines of a shipped file, comments left out."""
    text = (shipped("asterisk-conf") / name).read_text()
    return [line for line in text.splitlines() if line and not line.startswith(";")]


def test_who_may_use_ari_is_on_this_machine():
    for name in ("ari.conf", "http.conf", "manager.conf"):
        permits = [s for s in settings(name) if s.startswith("permit")]
        assert permits
        for permit in permits:
            assert ip_network(permit.split("= ")[1]).is_loopback
    assert "bindaddr = 127.0.0.1" in settings("http.conf")


def test_keys_are_never_logged():
    # "dtmf" in a line of logger.conf would write PINs into the log.
    assert not any("dtmf" in line for line in settings("logger.conf"))


def test_a_slow_reader_of_events_does_not_stop_sip():
    assert "taskprocessor_overload_trigger = pjsip_only" in settings("pjsip.conf")


def test_no_pattern_of_the_dialplan_that_calls_come_in_by_is_open():
    text = (shipped("dialplan") / "ivrflow.conf").read_text()
    entries = re.findall(r"(?ms)^\[(ivrflow|ivrflow-features)\]\n(.*?)(?=^\[|\Z)", text)
    assert len(entries) == 2
    for _, body in entries:
        patterns = re.findall(r"(?m)^exten => ([^,]+),", body)
        known = r"_(X{3,15}|\*XX|\*7264\[0-2\])"
        assert all(re.fullmatch(known, p) for p in patterns)
    assert not re.search(r"\b(Originate|System|SHELL|EVAL)\(", text)


def test_the_dialplan_dials_what_the_operator_wrote_and_nothing_else():
    text = (shipped("dialplan") / "ivrflow.conf").read_text()
    dialled = re.findall(r"(?<=,)Dial\(([^,]*),", text)
    assert dialled == ["${IVRFLOW_OVERFLOW}"]
    assert not re.search(r"Set\(IVRFLOW_OVERFLOW", text)


def test_what_is_shipped_names_no_folder_of_a_machine():
    for name in ("asterisk-conf", "dialplan"):
        for path in Path(shipped(name)).rglob("*.conf"):
            assert not re.search(r"/(home|root|tmp|work)/", path.read_text()), path
