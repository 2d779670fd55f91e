"""Whole calls through the sample hotline: agents, callbacks and messages."""

from ivrflow.facts import MessageLeft
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.sim.rehearsal.stage import Stage
from tests.hotline_stage import MONDAY, SITE, plays

# Agents ---------------------------------------------------------------------------


def test_agent_who_does_not_answer_is_passed_over():
    plays("""
rona:
  at: 2026-03-02 10:00
  given: {step: wait_for_agent, customer: {id: 7, district: north, level: 1}}
  agents: {"1001": ready, "1003": ready}
  talk:
    - waits: 19s
    - agent: 1003 answers
    - hears: agent_number
    - waits: 30s
    - agent: 1003 hangs up
    - hears: rate_agent
    - keys: 5
    - hears: goodbye
  stored: {survey: {agent: 1003, score: 5}}
rejected:
  at: 2026-03-02 10:00
  given: {step: wait_for_agent, customer: {id: 7, district: north, level: 1}}
  agents: {"1001": ready, "1003": ready}
  talk:
    - agent: 1001 rejects
    - agent: 1003 answers
    - says: 工号幺零零三，为您服务。
""")


def test_agent_who_hangs_up_during_the_whisper_is_followed_by_the_next_one():
    plays("""
whisper:
  at: 2026-03-02 10:00
  given: {step: wait_for_agent, customer: {id: 7, district: north, level: 1}}
  agents: {"1001": ready, "1003": ready}
  talk:
    - agent: 1001 answers
    - agent: 1001 hangs up
    - agent: 1003 answers
    - says: 工号幺零零三，为您服务。
""")


def test_keys_that_work_everywhere_work_in_the_queue_too():
    plays("""
queue:
  at: 2026-03-02 10:00
  given: {step: main_menu, customer: {id: 7, district: north, level: 1}}
  talk:
    - keys: 0
    - waits: 2s
    - keys: 9
    - hears: queue_position
    - keys: star
    - hears: main_menu
    - keys: 0
    - waits: 1s
    - keys: 0
    - hears: queue_position
  queued: {position: 1, priority: 1}
""")


def test_caller_is_not_left_waiting_when_nobody_is_signed_in():
    plays("""
nobody:
  at: 2026-03-02 10:00
  given: {step: wait_for_agent}
  agents: {"1001": out, "1002": out, "1003": out}
  talk:
    - hears: nobody_free
  never: {said: [queue_position]}
""")


def test_caller_asks_to_be_called_back_and_confirms_the_number():
    plays("""
own number:
  caller: "13912345678"
  given: {step: wait_for_agent, language: en}
  at: 2026-03-02 10:00
  talk:
    - hears: while_waiting
    - keys: 2
    - hears: confirm_number
    - keys: 1
    - hears: callback_booked
    - hears: goodbye
  ends in: goodbye
another number:
  caller: withheld
  given: {step: call_me_back, language: en}
  talk:
    - hears: which_number
    - keys: "057187654321#"
    - hears: confirm_number
    - keys: 2
    - hears: which_number
    - keys: 057187650000 hash
    - keys: 1
    - hears: callback_booked
""")


# Messages ---------------------------------------------------------------------------


def test_message_is_reviewed_recorded_again_and_marked_urgent():
    plays("""
review:
  given: {step: leave_message, language: en}
  talk:
    - speaks: 8s
    - keys: hash
    - hears: review_message
    - keys: 3
    - speaks: 6s
    - keys: hash
    - hears: review_message
    - keys: 4
    - hears: message_urgent
    - keys: 1
    - hears: message_saved
    - hears: goodbye
  voicemail: {box: service, seconds: 6, urgent: yes}
  email: {to: duty@example.com}
""")


def test_caller_who_hangs_up_during_the_review_has_left_the_message():
    plays("""
hung up:
  given: {step: leave_message}
  talk:
    - speaks: 8s
    - keys: hash
    - hears: review_message
    - hangs up: caller
  voicemail: {box: service, seconds: 8, urgent: no}
  email: {to: duty@example.com, attach: wav}
  ends in: leave_message
""")


def test_message_that_is_too_short_is_asked_for_again():
    plays("""
too short:
  given: {step: leave_message}
  talk:
    - speaks: 1s
    - keys: hash
    - hears: message_too_short
    - speaks: 5s
    - keys: hash
    - hears: review_message
    - keys: 1
    - hears: message_saved
  voicemail: {seconds: 5}
""")


def test_too_short_message_of_a_caller_who_hangs_up_is_dropped():
    async def call():
        scene = opening(SITE, "hotline", at=MONDAY).starting_at("leave_message")
        stage = Stage(SITE, scene)
        async with stage.open():
            await stage.until(lambda: stage.channel.recording, 60)
            await stage.until(lambda: False, 1.9)
        return stage

    stage = clock.run(call())

    assert [message.state for message in stage.messages.all.values()] == ["dropped"]
    assert not [fact for fact in stage.facts if isinstance(fact, MessageLeft)]
