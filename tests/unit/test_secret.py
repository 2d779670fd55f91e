import copy
import json
import logging
import pickle

import pytest

from ivrflow.secret import MASK, Masked, Secret

PIN = Secret("739146")


@pytest.mark.parametrize(
    "shown",
    [
        str(PIN),
        repr(PIN),
        f"{PIN}",
        f"{PIN!s:>20}",
        f"{PIN:>20}",
        "%s" % PIN,  # noqa: UP031  each way of formatting is tried
        str([PIN]),
        str({"pin": PIN}),
    ],
)
def test_whatever_shows_a_secret_shows_asterisks(shown):
    assert "739146" not in shown


def test_a_log_line_shows_asterisks(caplog):
    logging.getLogger("test").warning("entered %s", PIN)

    assert caplog.messages == [f"entered {MASK}"]


@pytest.mark.parametrize("way_out", [json.dumps, pickle.dumps, copy.deepcopy, hash])
def test_a_secret_has_no_way_out(way_out):
    with pytest.raises(TypeError):
        way_out(PIN)


def test_secrets_are_not_compared_by_accident():
    with pytest.raises(TypeError, match="not compared"):
        PIN == "739146"  # noqa: B015  the comparison itself is what is tried


CARD = Masked("622202000002")


@pytest.mark.parametrize(
    "shown", [str(CARD), repr(CARD), f"{CARD}", f"{CARD:>20}", f"{[CARD]}"]
)
def test_a_masked_number_shows_its_end_wherever_it_is_shown(shown):
    assert shown.strip("[]") == "******0002"


def test_a_short_masked_number_shows_nothing():
    assert str(Masked("62220200002")) == MASK


@pytest.mark.parametrize("way_out", [json.dumps, pickle.dumps, copy.deepcopy, hash])
def test_a_masked_number_has_no_other_way_out(way_out):
    with pytest.raises(TypeError):
        way_out(CARD)


def test_only_reveal_gives_it_back():
    assert PIN.reveal() == "739146"
