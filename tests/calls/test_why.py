"""A call, its records in the database, the test made of them: the same steps again.

Every talk of every site that begins at its beginning is played, recorded by the real
records into a real database, read back, made a test, and played again.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.past import Past
from ivrflow.db.records import Records
from ivrflow.db.upgrade import upgrade
from ivrflow.facts import DigitsCollected
from ivrflow.flow.load import load_site
from ivrflow.secret import MASK
from ivrflow.sim.rehearsal.read import read_test, read_tests
from ivrflow.sim.rehearsal.run import rehearse, steps_of
from ivrflow.sim.rehearsal.verdict import told
from ivrflow.sim.rehearsal.write import talk_of

FLOWS = Path(__file__).parents[2] / "flows"


def played(site, rehearsal, call):
    """The facts of one talk, which must pass; its id begins with *call*."""
    for number in range(20):  # where a lot is drawn, the id decides
        facts, scene = [], replace(rehearsal.scene, call=f"{call}-{number}")
        verdict = rehearse(site, replace(rehearsal, scene=scene), note=facts.append)
        if verdict.passed:
            return facts
    pytest.fail("\n".join(told(verdict)))


def through_the_database(folder, calls):
    """The facts of *calls*, call by call, as the records give them back."""
    url = f"sqlite:///{folder}/ivrflow.db"
    upgrade(url)

    async def main():
        database = Database(url)
        try:
            records, past = Records(database), Past(database)
            for facts in calls:
                for fact in facts:
                    records.note(fact)
            await records.flush()
            found = []
            for facts in calls:
                [record] = await past.matching(facts[0].call)
                found.append(await past.facts(record))
            return found
        finally:
            await database.close()

    return asyncio.run(main())


def again(site, facts, name=""):
    """The verdict of the test that is made of *facts*, and its text."""
    written = talk_of(facts, site, name=name)
    found = read_test(written.file, "tests/saved.test.yaml", site)
    assert not found.problems, f"{found.problems}\n{written.file}"
    [rehearsal] = found.rehearsals
    return rehearse(site, rehearsal), written.file


@pytest.mark.parametrize("name", sorted(path.name for path in FLOWS.iterdir()))
def test_every_call_of_a_site_becomes_a_test_that_goes_through_the_same_steps(
    name, tmp_path
):
    site = load_site(FLOWS / name)
    whole = [r for r in read_tests(site).rehearsals if not r.talk.given]
    calls = [played(site, r, f"1731.{n}:{name}") for n, r in enumerate(whole)]

    for facts in through_the_database(tmp_path, calls):
        verdict, text = again(site, facts)

        assert verdict.passed, f"{text}\n" + "\n".join(told(verdict))
        assert verdict.steps == steps_of(facts), text
        secrets = [
            f for f in facts if isinstance(f, DigitsCollected) and MASK in f.digits
        ]
        assert not secrets or MASK not in text
    assert whole
