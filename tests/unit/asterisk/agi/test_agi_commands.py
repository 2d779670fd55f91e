"""What is said to Asterisk by AGI is always one command, and one that is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.asterisk.agi import commands
from ivrflow.asterisk.agi.commands import LONGEST, BadCommand, Verb, line_of


def as_asterisk_reads(line):
    """The words of a command, as Asterisk's own `parse_args` takes them apart."""
    words, word, quoted, escaped = [], None, False, False
    for c in line:
        if c == '"' and not escaped:
            quoted = not quoted
            if quoted and word is None:
                word = ""
        elif c in " \t" and not quoted and not escaped:
            if word is not None:
                words.append(word)
            word = None
        elif c == "\\" and not escaped:
            escaped = True
            continue
        else:
            word = (word or "") + c
        escaped = False
    return words if word is None else [*words, word]


@pytest.mark.parametrize(
    "word",
    [
        "plain",
        "",
        "two words",
        'a "quoted" one',
        "back\\slash",
        'both \\" of them\\',
        "${SHELL(id)}",
        "a,b;c|d&e",
        "中文 \U0001f600",
        "tab-less",
    ],
)
def test_a_word_comes_to_asterisk_as_it_was(word):
    line = line_of(Verb.SET_VARIABLE, "NAME", word).decode()

    assert line.endswith("\n")
    assert as_asterisk_reads(line[:-1]) == ["SET", "VARIABLE", "NAME", word]


@given(st.text(max_size=300))
def test_any_word_is_one_word_or_refused(word):
    try:
        line = line_of(Verb.SET_VARIABLE, "NAME", word)
    except BadCommand:
        return
    assert line.count(b"\n") == 1
    assert not {b for b in line[:-1] if b < 32}
    assert as_asterisk_reads(line.decode()[:-1]) == ["SET", "VARIABLE", "NAME", word]


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\x1b", "\x7f", "\t"])
def test_what_could_end_a_line_or_a_word_is_refused(end):
    with pytest.raises(BadCommand):
        commands.set_variable("NAME", f"x{end}EXEC System id")


def test_a_line_is_never_longer_than_asterisk_reads_at_once():
    head = len(commands.set_variable("NAME", ""))
    commands.set_variable("NAME", "x" * (LONGEST - head))
    with pytest.raises(BadCommand):
        commands.set_variable("NAME", "x" * (LONGEST - head + 1))
    with pytest.raises(BadCommand):
        commands.set_variable("NAME", '"' * (LONGEST // 2))


@pytest.mark.parametrize(
    "name", ["CALLERID(num)", "A B", "1A", "", "A" * 65, "SHELL(id)", "A-B", "Ä"]
)
def test_a_variables_name_is_plain(name):
    for command in (commands.get_variable, lambda n: commands.set_variable(n, "x")):
        with pytest.raises(BadCommand):
            command(name)


@pytest.mark.parametrize("path", ["", "../x", "a/../../etc/passwd", "x\ny"])
def test_a_sound_stands_where_sounds_are(path):
    with pytest.raises(BadCommand):
        commands.play(path)


def test_where_the_dialplan_goes_on_is_one_place():
    assert commands.place("from-trunk", "500", 3) == "from-trunk,500,4"
    assert commands.place("from-trunk", "500,evil,1", 3) is None
    assert commands.place("from-trunk", "${EXTEN}", 3) is None
    assert commands.place("from-trunk", "500", 0) is None


def test_no_command_runs_anything():
    assert not {verb.value for verb in Verb} & {"EXEC", "GET FULL VARIABLE", "GOSUB"}
    assert all(" ".join(v.value.split()) == v.value.upper() for v in Verb)


def test_times_and_places_are_said_in_asterisks_units():
    assert commands.play("beep", begin=800) == (
        b'STREAM FILE "beep" "0123456789*#ABCD" 800\n'
    )
    assert commands.record("/spool/x", stop_on="#!x", longest=2.5, silence=3) == (
        b'RECORD FILE "/spool/x" "wav" "#" 2500 "s=3"\n'
    )
    assert commands.wait_for_key(0.25) == b"WAIT FOR DIGIT 250\n"
