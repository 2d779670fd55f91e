import pytest

from ivrflow.asterisk.home.find import (
    BadSetting,
    NoAsterisk,
    at_binary,
    at_root,
    find,
    major,
    newest_first,
)
from tests.unit.asterisk.home.home_programs import program


def installed(prefix, says="Asterisk 22.10.1", events=True):
    """An Asterisk that was installed below *prefix*."""
    modules = prefix / "lib/asterisk/modules"
    modules.mkdir(parents=True)
    (modules / "res_ari.so").touch()
    if events:
        (modules / "res_websocket_client.so").touch()
    (prefix / "share/asterisk/sounds").mkdir(parents=True)
    return program(prefix / "sbin/asterisk", says)


@pytest.mark.parametrize(
    ("says", "number"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", 22),
        ("Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5", 20),
        ("Asterisk certified-20.7-cert4", 20),
        ("Asterisk certified/18.9-cert1", 18),
        ("Asterisk GIT-master-0123abc", 0),
        ("", 0),
    ],
)
def test_the_major_version_is_read_from_what_asterisk_says(says, number):
    assert major(says) == number


def test_a_named_asterisk_is_used_with_its_folders(tmp_path):
    binary = installed(tmp_path)
    found = find(tmp_path / "none", {"IVRFLOW_ASTERISK": str(binary)})
    assert found.command == (str(binary),)
    assert found.version == "Asterisk 22.10.1"
    assert found.modules == tmp_path / "lib/asterisk/modules"
    assert found.data == tmp_path / "share/asterisk"


def test_a_named_asterisk_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(BadSetting, match=r"IVRFLOW_ASTERISK: .* does not exist"):
        find(tmp_path, {"IVRFLOW_ASTERISK": str(tmp_path / "asterisk")})


def test_the_machines_own_asterisk_is_preferred(tmp_path):
    binary = installed(tmp_path)
    found = find(tmp_path / "none", {"PATH": str(binary.parent)})
    assert found.command == (str(binary),)


def test_one_of_the_machine_that_is_too_old_is_passed_over(tmp_path):
    binary = installed(tmp_path, "Asterisk 18.1.0")
    with pytest.raises(NoAsterisk, match=r"no Asterisk >= 20 here.*asterisk fetch"):
        find(tmp_path / "none", {"PATH": str(binary.parent)})


def test_one_that_cannot_connect_to_us_is_refused_with_the_versions_that_can(tmp_path):
    with pytest.raises(NoAsterisk, match=r"22\.5 and later"):
        at_binary(installed(tmp_path, "Asterisk 20.6.0", events=False))


def test_a_program_that_is_no_asterisk_is_refused(tmp_path):
    with pytest.raises(NoAsterisk, match="no version: hello"):
        at_binary(program(tmp_path / "asterisk", "hello"))


def test_one_that_fails_to_start_says_why(tmp_path):
    with pytest.raises(NoAsterisk, match="no version: no such library"):
        at_binary(program(tmp_path / "asterisk", "no such library", code=127))


def test_an_empty_folder_holds_no_asterisk(tmp_path):
    with pytest.raises(NoAsterisk, match="no unpacked Asterisk"):
        at_root(tmp_path)


def test_an_unpacked_asterisk_runs_through_its_own_loader(tmp_path):
    libraries = tmp_path / "usr/lib/aarch64-linux-gnu"
    modules = libraries / "asterisk/modules"
    modules.mkdir(parents=True)
    (modules / "res_websocket_client.so").touch()
    loader = program(libraries / "ld-linux-aarch64.so.1", "Asterisk 22.10.1")
    binary = program(tmp_path / "usr/sbin/asterisk", "must not run by itself", code=1)
    found = at_binary(binary)
    assert found.command == (
        str(loader),
        "--library-path",
        str(libraries),
        str(binary),
    )
    assert found.modules == modules


def test_the_newest_whole_one_comes_first(tmp_path):
    for name in (
        "22.9.0-forky-amd64",
        "22.10.1-forky-amd64",
        ".building-7",
        "20.1-x-y",
    ):
        program(tmp_path / name / "usr/sbin/asterisk", "")
    (tmp_path / "23.0.0-forky-amd64").mkdir()  # not whole
    assert [path.name for path in newest_first(tmp_path)] == [
        "22.10.1-forky-amd64",
        "22.9.0-forky-amd64",
        "20.1-x-y",
    ]
    assert newest_first(tmp_path / "none") == []
