"""`ivrflow panic` with consoles of Asterisk that are scripts."""

import pytest
from click.testing import CliRunner

from ivrflow.cli import main

CONSOLE = """\
#!/bin/sh
# Asterisk's console, as far as its database is asked for one key.
[ "$1" = -rx ] || exit 9
case "$2" in
"database get ivrflow panic")
    [ -f "$0.db" ] && echo "Value: $(cat "$0.db")" || echo "no such entry" ;;
"database put ivrflow panic "*) echo "${2##* }" > "$0.db"; echo "Updated database" ;;
"dialplan set global IVRFLOW_PANIC_SEEN "*) ;;
*) exit 8 ;;
esac
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A machine with an Asterisk of its own; we stand in an empty folder."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def install(house, console=CONSOLE):
    path = house / "bin/asterisk"
    path.write_text(console)
    path.chmod(0o755)


def panic(*words):
    return CliRunner().invoke(main, ["panic", *words])


def test_it_is_off_until_somebody_throws_it(house):
    install(house)
    assert panic().output == "panic switch off: callers get their flows\n"


@pytest.mark.parametrize(
    ("word", "stands", "told"),
    [
        ("on", "fallback", "panic switch on: callers get the fallback"),
        ("overflow", "overflow", "panic switch overflow: callers go straight to"),
        ("off", "off", "panic switch off: callers get their flows"),
    ],
)
def test_it_is_thrown_in_asterisks_database(house, word, stands, told):
    install(house)
    done = panic(word)
    assert done.exit_code == 0
    assert done.output.startswith(told)
    assert (house / "bin/asterisk.db").read_text() == f"{stands}\n"
    assert panic("show").output == done.output


def test_word_of_another_hand_in_the_database_counts_as_on(house):
    install(house)
    (house / "bin/asterisk.db").write_text("yes!\n")
    assert panic().output.startswith("panic switch yes!: on: callers get the fallback")


def test_without_an_asterisk_it_says_what_to_type_where(house):
    done = panic("on")
    assert done.exit_code == 1
    assert "no `asterisk` on this machine" in done.output
    assert "asterisk -rx 'database put ivrflow panic fallback'" in done.output


def test_what_asterisks_console_says_is_passed_on(house):
    install(house, "#!/bin/sh\necho Unable to connect to remote asterisk; exit 1\n")
    done = panic("overflow")
    assert done.exit_code == 1
    assert "Unable to connect to remote asterisk" in done.output


def test_folder_that_holds_no_asterisk_is_told(house):
    done = panic("on", "--dir", "nothing")
    assert done.exit_code == 2
    assert "nothing holds no private Asterisk" in done.output
