"""Calls on real databases, real hashes and real lock-outs become tests that pass."""

import asyncio

from ivrflow.db.past import Past
from ivrflow.facts import IdentityJudged
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse, steps_of
from ivrflow.sim.rehearsal.verdict import told
from ivrflow.sim.rehearsal.write import talk_of
from tests.real_data import house

CARD, PIN = "918273645501", "604817392258"
OTHER, WRONG = "918273645519", "111111111111"


def calls_of(folder):
    """The site, and the facts of all calls as the database has them."""

    async def main():
        async with house(folder, {CARD: PIN, OTHER: PIN}) as there:
            await there.call(CARD, PIN)
            await there.call(CARD, WRONG)
            await there.call("918273645527", PIN)  # a card that nobody has
            for _ in range(4):  # the fourth one is locked
                await there.call(OTHER, WRONG)
            await there.records.flush()
            past = Past(there.records._database)
            found = []
            for channel in there.channels:
                [record] = await past.matching(channel.id)
                found.append(await past.facts(record))
            return there.site, found

    return asyncio.run(main())


def test_cards_pins_and_locks_of_real_calls(tmp_path):
    site, calls = calls_of(tmp_path)
    judged = [
        fact.verdict
        for facts in calls
        for fact in facts
        if isinstance(fact, IdentityJudged)
    ]
    assert judged == ["right", *["wrong"] * 5, "locked"]

    for facts in calls:
        written = talk_of(facts, site)
        found = read_test(written.file, "tests/saved.test.yaml", site)
        assert not found.problems, written.file
        [rehearsal] = found.rehearsals
        verdict = rehearse(site, rehearsal)

        assert verdict.passed, f"{written.file}\n" + "\n".join(told(verdict))
        assert verdict.steps == steps_of(facts)
        for secret in (CARD, OTHER, PIN, WRONG):
            assert secret not in written.file


def test_what_was_looked_up_is_kept_without_what_proves_who_calls(tmp_path):
    _, calls = calls_of(tmp_path)

    kept = repr(calls)

    assert "P1" in kept
    assert "argon2id" not in kept
    for secret in (CARD, OTHER, PIN, WRONG):
        assert secret not in kept
