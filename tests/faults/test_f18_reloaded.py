"""F18: the site is reloaded again and again under load, every second time a bad one."""

import asyncio

from faults_rig.callers import Crowd
from faults_rig.checks import judge
from faults_rig.house import house
from faults_rig.staff import at_work

EVERY = 3.0
"""Seconds between two reloads."""


async def reload_for_ever(h, service, answers):
    """Change the site, and have the service take it; then spoil it, and try again."""
    prompts = h.folder / "site" / "prompts" / "en.yaml"
    numbers = h.folder / "site" / "numbers.yaml"
    good, sound = prompts.read_text("utf-8"), numbers.read_text("utf-8")
    for turn in range(1_000_000):
        await asyncio.sleep(EVERY)
        prompts.write_text(f"{good}# {turn}\nspare_{turn}: Words {turn}.\n", "utf-8")
        answers["good"] += await service.ask("POST", "/api/site/reload") is not None
        await asyncio.sleep(EVERY)
        # A mistake in one file keeps all of them out, the good ones too.
        prompts.write_text(f"{good}# spoilt {turn}\n", "utf-8")
        numbers.write_text("numbers: [\n", "utf-8")
        answers["bad"] += await service.ask("POST", "/api/site/reload") is not None
        numbers.write_text(sound, "utf-8")


async def test_reloads_under_load_cost_no_call_and_bad_ones_change_nothing(
    tmp_path, figures, form
):
    count, rate = form(60, 600), form(4.0, 8.0)
    agents = [str(1001 + n) for n in range(form(4, 20))]
    answers = {"good": 0, "bad": 0}
    async with house(tmp_path, callers=count) as h, h.service() as service:
        await service.ready()
        crowd = Crowd(h)
        async with at_work(h, service, agents), asyncio.TaskGroup() as group:
            reloading = group.create_task(reload_for_ever(h, service, answers))
            await crowd.calls(count, rate)
            reloading.cancel()
        left = await h.left(within=10)
        await asyncio.sleep(1)
    verdict = judge(crowd.callers, h)
    taken = {f.data["version"] for f in h.truth.facts("ServiceBegan", "VersionTaken")}
    used = {version for (version,) in h.truth.rows("select version from calls")}

    figures("F18", "calls", count)
    figures("F18", "versions that calls ran", len(used), "> 1")
    figures("F18", "bad versions that were taken", answers["bad"], "0")
    figures("F18", "calls lost", len(verdict.lost), "0")
    figures("F18", "channels and bridges left", len(left), "0")
    assert answers["good"] >= 2
    assert answers["bad"] == 0
    assert len(used) > 1
    assert used <= taken
    assert not verdict.lost, str(verdict)
    assert not verdict.doubled, str(verdict)
    assert left == []
    assert len(service.launches) == 1
