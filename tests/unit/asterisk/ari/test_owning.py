"""Who owns the application, as Asterisk tells it."""

import asyncio

import pytest

from ivrflow.asterisk.ari import owning as module
from ivrflow.asterisk.ari.errors import AriAway, Replaced
from ivrflow.asterisk.ari.owning import Owning
from ivrflow.asterisk.ari.wire.event_models import (
    ApplicationRegistered,
    ApplicationReplaced,
)


@pytest.fixture(autouse=True)
def in_haste(monkeypatch):
    monkeypatch.setattr(module, "DOUBT", 0.05)


def replaced(app="ivrflow"):
    return ApplicationReplaced(application=app, timestamp="now")


async def test_who_is_replaced_has_lost_it_and_sends_nothing(caplog):
    owning = Owning("ivrflow")
    await owning.sure()
    owning.heard(replaced())
    with pytest.raises(Replaced):
        await owning.sure()  # waits for the end of the doubt
    assert owning.replaced.is_set()
    assert issubclass(Replaced, AriAway)  # who can't send waits, as for any outage
    assert "leaves all calls to the other" in caplog.text
    caplog.clear()


async def test_a_connection_of_ours_a_moment_later_was_our_own():
    owning = Owning("ivrflow")
    owning.heard(replaced())
    owning.connected()
    await owning.sure()
    await asyncio.sleep(0.1)
    assert not owning.replaced.is_set()


async def test_news_that_was_kept_for_us_while_we_were_away_is_none():
    owning = Owning("ivrflow")
    owning.heard(replaced())
    owning.registered(ApplicationRegistered(application="ivrflow", timestamp="now"))
    await owning.sure()
    await asyncio.sleep(0.1)
    assert not owning.replaced.is_set()


async def test_another_application_is_no_matter_of_ours():
    owning = Owning("ivrflow")
    owning.heard(replaced("other"))
    await asyncio.sleep(0.1)
    assert not owning.replaced.is_set()
