"""What stands in the log of a whole call: whose line it is, and no card."""

import contextvars
import gc
import logging
import weakref

import pytest

from ivrflow.flow.world import Trouble
from ivrflow.logs.begin import set_up
from ivrflow.logs.where import about, whose
from ivrflow.sim.memory import MemoryLookups
from tests.unit.flow.one_call import World_, call, site
from tests.unit.logs.calls import ACall

driver = logging.getLogger("ivrflow.web.lookups")

CARD = "622202000002"
FLOW = """\
steps:
  card: {ask: your_card, digits: 12, masked: yes, save: card, failed: hangup}
  find: {lookup: cards, with: {card: card}, save: row, not_found: hangup}
  over: {hangup: yes}
"""
PROMPTS = "your_card: Your card, please.\n"
DATA = """\
cards:
  database: crm
  sql: select name from card where number = :card
  gives: {name: text}
  timeout: 2s
"""


def away(values):
    """A server that repeats what it was asked, and a driver that logs what it says."""
    try:
        raise ValueError(f"bad request: {values['card']}\nPIN=1")
    except ValueError:
        driver.warning("no answer of use", exc_info=True)
    raise Trouble("cards: no answer")


@pytest.fixture
def log(tmp_path, capsys):
    set_up()
    made = site(tmp_path, FLOW, prompts__en=PROMPTS, data=DATA)
    call(made, keys={0.1: CARD}, world=World_(lookups=MemoryLookups({"cards": away})))
    return capsys.readouterr().err


def test_lines_of_a_call_say_which_step_of_which_flow_it_was(log):
    first = log.splitlines()[0]

    assert " WARNING ivrflow.web.lookups: no answer of use [call " in first
    assert first.endswith(" flows/top.yaml:4]")


def test_a_card_that_a_server_repeats_is_in_no_line(log):
    assert CARD not in log
    assert "bad request: ******0002" in log


def test_what_a_server_says_begins_no_line(log):
    assert [line for line in log.splitlines() if line.startswith("PIN")] == []
    assert "    PIN=1" in log


def test_after_the_call_lines_are_about_nobody(log):
    assert whose() is None


def test_what_outlives_a_call_neither_keeps_it_nor_logs_in_its_name():
    one = ACall()
    with about(one):
        connection = contextvars.copy_context()  # as what reads a socket has it
        assert connection.run(whose) is one
    kept = weakref.ref(one)
    del one
    gc.collect()

    assert connection.run(whose) is None
    assert kept() is None
