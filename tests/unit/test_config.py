"""The settings: what is wrong is told with its place and its cure, all at once."""

from datetime import datetime

import pytest

from ivrflow.config import BadConfig, read_settings

RIGHT = """\
site: hotline
database: sqlite:///ivrflow.db
pepper_file: secrets/pepper
ari: {password_file: secrets/ari}
api: {token_file: secrets/token}
"""


def settings(folder, text=RIGHT):
    path = folder / "ivrflow.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(path)


def wrong(folder, text):
    """The lines of what is told, without the folder's name."""
    with pytest.raises(BadConfig) as bad:
        settings(folder, text)
    return str(bad.value).replace(f"{folder}/", "").splitlines()


def test_what_is_left_out_has_its_default(tmp_path):
    read = settings(tmp_path)

    assert (read.ari.url, read.ari.user, read.ari.app) == (
        "http://127.0.0.1:8088/ari",
        "ivrflow",
        "ivrflow",
    )
    assert read.events is None
    assert (read.api.host, read.api.port) == ("127.0.0.1", 8090)
    assert read.upgrade
    assert read.rehearsed() == {}


def test_asterisk_brings_its_events_where_the_settings_say_where(tmp_path):
    read = settings(tmp_path, RIGHT + "events: {password_file: secrets/events}\n")

    assert (read.events.host, read.events.port) == ("127.0.0.1", 8089)
    assert read.events.user == "asterisk"
    assert wrong(tmp_path, RIGHT + "events: {port: 8089}\n") == [
        "ivrflow.yaml:6:1: C001 'events.password_file' is missing"
    ]


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("mode: inbound", "take events: out; without it, we connect to Asterisk"),
        (
            "mode: outbound, password_file: x",
            "take `mode` out; Asterisk connects to us where events: is written",
        ),
    ],
)
def test_settings_of_before_that_say_who_connects_are_told_the_cure(
    tmp_path, written, cure
):
    [line] = wrong(tmp_path, RIGHT + f"events: {{{written}}}\n")

    assert line == (
        "ivrflow.yaml:6:10: C001 events: there is no setting 'mode' any more: " + cure
    )


def test_paths_count_from_the_folder_of_the_settings(tmp_path):
    read = settings(tmp_path)

    assert read.path(read.site) == tmp_path / "hotline"
    assert read.path("/etc/x") == read.path("/etc") / "x"
    assert read.url(read.database) == f"sqlite:///{tmp_path}/ivrflow.db"
    assert read.url("sqlite:////var/x.db") == "sqlite:////var/x.db"
    assert read.url("postgresql://db/x") == "postgresql://db/x"


def test_file_that_is_missing_is_told_with_what_to_do(tmp_path):
    with pytest.raises(BadConfig, match=r"nothing\.yaml: cannot read .*--config"):
        read_settings(tmp_path / "nothing.yaml")


def test_folder_in_place_of_a_file_is_told(tmp_path):
    with pytest.raises(BadConfig, match="cannot read the settings"):
        read_settings(tmp_path)


def test_all_errors_are_told_at_once_each_with_its_place(tmp_path):
    lines = wrong(tmp_path, """\
site: hotline
databse: sqlite:///ivrflow.db
pepper_file: secrets/pepper
ari: {password_file: secrets/ari, usr: me}
events: {port: soon, password_file: secrets/events}
api: {port: 99999, token_file: secrets/token}
upgrade: never
rehearse: {"13800138000": tomorrow}
""")  # fmt: skip

    assert lines == [
        "ivrflow.yaml:1:1: C001 'database' is missing",
        "ivrflow.yaml:2:1: C001 there is no setting 'databse'; "
        "did you mean 'database'?",
        "ivrflow.yaml:4:35: C001 there is no setting 'ari.usr'; did you mean 'user'?",
        "ivrflow.yaml:5:16: C001 events.port: 'soon' is not a whole number",
        "ivrflow.yaml:6:13: C001 api.port: 99999 is no port: 0 to 65535",
        "ivrflow.yaml:7:10: C001 upgrade: write yes or no, not 'never'",
        "ivrflow.yaml:8:27: C001 rehearse.13800138000: 'tomorrow' is not a time; "
        "write 2026-03-02 10:00",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "just a text", "- a\n- list\n", "a: [\n", b"\xff\xfe\x00", "a: &x 1\nb: *x\n"],
)
def test_what_is_no_table_of_settings_is_told_with_its_place(tmp_path, text):
    for line in wrong(tmp_path, text):
        assert line.startswith("ivrflow.yaml:")


def test_password_in_the_settings_is_not_repeated(tmp_path):
    text = RIGHT.replace("password_file: secrets/ari", "password: canary-77")

    assert "canary-77" not in "\n".join(wrong(tmp_path, text))


def test_rehearsed_times_have_no_zone_of_their_own(tmp_path):
    read = settings(tmp_path, RIGHT + 'rehearse: {"1": 2026-03-02 10:00}\n')

    assert read.rehearsed() == {"1": datetime(2026, 3, 2, 10, 0)}
    [line] = wrong(tmp_path, RIGHT + 'rehearse: {"1": "2026-03-02T10:00+08:00"}\n')
    assert "time" in line


@pytest.mark.parametrize("upgrade", ["no", "off", "false"])
def test_upgrade_may_be_refused_in_every_way_that_yaml_has(tmp_path, upgrade):
    try:
        read = settings(tmp_path, RIGHT + f"upgrade: {upgrade}\n")
    except BadConfig:
        return  # refused is fine, too; taken for yes is not
    assert not read.upgrade


def test_secret_is_read_without_its_line_end_and_never_shown(tmp_path):
    read = settings(tmp_path)
    (tmp_path / "s").write_text("canary-77\n")

    assert read.secret("s").reveal() == "canary-77"
    assert "canary-77" not in repr(read.secret("s"))


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_secret_that_cannot_be_used_names_its_file(tmp_path, content):
    read = settings(tmp_path)
    if content is not None:
        (tmp_path / "s").write_bytes(content)

    with pytest.raises(BadConfig, match=str(tmp_path / "s")):
        read.secret("s")


# Numbers that may be dialled ---------------------------------------------------------

OUTBOUND = (
    RIGHT + "outbound: {endpoint: 'PJSIP/{number}@trunk', prefixes: ['010', '+8610']}\n"
)


def test_what_may_be_dialled_has_narrow_limits_where_nothing_is_said(tmp_path):
    said = settings(tmp_path, OUTBOUND).outbound

    assert (said.at_once, said.per_minute, said.longest) == (2, 6, 3600)
    assert said.prefixes == ("010", "+8610")
    assert said.hours is None
    assert said.hand_over is None
    assert settings(tmp_path).outbound is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "PJSIP/{number}@trunk",
            "PJSIP/trunk",
            "'PJSIP/trunk' is not an endpoint with {number} in it; write "
            "PJSIP/{number}@the-trunk",
        ),
        (
            "PJSIP/{number}@trunk",
            "PJSIP/{number}&PJSIP/1",
            "'PJSIP/{number}&PJSIP/1' is not an endpoint",
        ),
        ("'010'", "'01x'", "'01x' is not the beginning of a number"),
        ("'010', '+8610'", "", "outbound.prefixes"),
    ],
)
def test_what_cannot_be_dialled_is_told(tmp_path, old, new, told):
    [line] = wrong(tmp_path, OUTBOUND.replace(old, new))

    assert line.startswith("ivrflow.yaml:6:")
    assert told in line


def test_ami_has_its_defaults_and_a_timer_that_a_restart_fits_in(tmp_path):
    read = settings(tmp_path, RIGHT + "ami: {password_file: secrets/ami}\n")
    assert (read.ami.host, read.ami.port, read.ami.user) == (
        "127.0.0.1",
        5038,
        "ivrflow",
    )
    assert float(read.ami.dead_man) == 45
    assert settings(tmp_path).ami is None
    told = wrong(tmp_path, RIGHT + "ami: {password_file: x, dead_man: 1s}\n")
    assert told == [
        "ivrflow.yaml:6:35: C001 ami.dead_man: dead_man is 3 s at least: a restart of "
        "the service must fit in"
    ]
