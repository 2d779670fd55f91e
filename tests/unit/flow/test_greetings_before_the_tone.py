"""Which greeting a caller hears before he leaves a message."""

from ivrflow.facts import Said
from tests.unit.flow.boxes_rig import Spoken, leaves, sound, states, with_sounds

ONE_LANGUAGE = ("busy", "en")


def greeted(left):
    """What was said before the tone: prompts, and words of what was recorded."""
    return [f.prompt or f.words for f in left.of(Said)][:2]


def clips(left):
    return [clip for _, said in left.phone.heard for clip in said.clips]


def test_without_a_recorded_one_the_prompt_of_the_mailbox_is_said(tmp_path):
    left = leaves(tmp_path, hangs_up_at=20)

    assert left.said[0] == "tone"
    assert states(left) == [("box", "new")]


def test_the_first_written_one_that_is_for_the_caller_is_said(tmp_path):
    greetings = """
  greetings:
    - {if: "not hours.office.open", say: closed}
    - {busy: talks}
"""

    busy = leaves(tmp_path, box=greetings, more="kind: busy", hangs_up_at=20)
    other = leaves(tmp_path, box=greetings, hangs_up_at=20)

    assert busy.said[0] == "talks"
    assert other.said[0] == "tone"


def test_one_by_time_comes_before_one_by_kind(tmp_path):
    left = leaves(
        tmp_path,
        box='\n  greetings: [{if: "now.hour >= 10", say: closed}, {busy: talks}]\n',
        more="kind: busy",
        hangs_up_at=20,
    )

    assert left.said[0] == "closed"


def test_a_temporary_one_wins_over_all_others_until_it_is_over(tmp_path):
    spoken = {("temporary", "en"): (1, 3600), ("unavailable", "en"): 2}
    holds = leaves(
        tmp_path, boxes=Spoken(spoken), audio=with_sounds(1, 2), hangs_up_at=20
    )
    spoken = {("temporary", "en"): (1, 0), ("unavailable", "en"): 2}
    over = leaves(
        tmp_path, boxes=Spoken(spoken), audio=with_sounds(1, 2), hangs_up_at=20
    )

    assert greeted(holds) == ["(temporary greeting)", "voicemail_greeting"]
    assert f"heard/{sound(1)}" in clips(holds)
    assert greeted(over) == ["(unavailable greeting)", "voicemail_greeting"]


def test_the_recorded_one_is_that_for_what_brought_the_caller(tmp_path):
    spoken = Spoken({("busy", "en"): 1, ("unavailable", "en"): 2})

    busy = leaves(
        tmp_path,
        boxes=spoken,
        audio=with_sounds(1, 2),
        more="kind: busy",
        hangs_up_at=20,
    )

    assert greeted(busy)[0] == "(busy greeting)"


def test_after_a_recorded_name_it_is_said_what_is_the_matter(tmp_path):
    left = leaves(
        tmp_path,
        boxes=Spoken({("name", "en"): 1}),
        audio=with_sounds(1),
        more="kind: busy",
        hangs_up_at=20,
    )

    assert [f.prompt or f.words for f in left.of(Said)][:3] == [
        "(name greeting)",
        "box_busy",
        "voicemail_greeting",
    ]


def test_instructions_are_left_out_where_the_mailbox_or_the_step_says_so(tmp_path):
    spoken = Spoken({("unavailable", "en"): 1})
    for how in ({"box": "  instructions: no"}, {"more": "instructions: no"}):
        left = leaves(
            tmp_path, boxes=spoken, audio=with_sounds(1), hangs_up_at=20, **how
        )

        assert "voicemail_greeting" not in left.said, how


def test_one_in_a_language_that_is_not_the_callers_is_not_for_him(tmp_path):
    left = leaves(
        tmp_path,
        boxes=Spoken({("unavailable", "zh-CN"): 1}),
        audio=with_sounds(1),
        hangs_up_at=20,
    )

    assert left.said[0] == "tone"


def test_one_whose_sound_is_gone_is_passed_over(tmp_path, caplog):
    left = leaves(
        tmp_path,
        boxes=Spoken({("temporary", "en"): 1, ("unavailable", "en"): 2}),
        audio=with_sounds(2),
        hangs_up_at=20,
    )

    assert greeted(left)[0] == "(unavailable greeting)"
    assert "'temporary' of mailbox box can't be played" in caplog.text
    caplog.clear()


def test_without_a_database_the_written_one_is_said(tmp_path, caplog):
    left = leaves(tmp_path, boxes=Spoken({}, away=True), hangs_up_at=20)

    assert left.said[0] == "tone"
    assert "the database is away" in caplog.text
    caplog.clear()


def test_hash_skips_a_greeting_and_the_words_behind_it(tmp_path):
    left = leaves(
        tmp_path,
        boxes=Spoken({("unavailable", "en"): 1}),
        audio=with_sounds(1),
        keys={1: "#", 8: "#"},
    )

    assert "voicemail_greeting" not in [said.prompt for _, said in left.phone.heard]
    assert states(left) == [("box", "new")]
