"""The main way through each site, with robot phones on the real Asterisk."""

import asyncio
import contextlib

import pytest
from site_rig import CALLER, running_site

from ivrflow.facts import CallEnded, Connected, StepFailed
from ivrflow.sim.phone import Phones
from ivrflow.telephony.channel import HungUp

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

LINE = {
    "bank": "95599",
    "parcel": "95338",
    "airline": "95530",
    "utility": "95598",
    "clinic": "1200",
    "branches": "4008007700",
}


async def talk(rig, phones, name, *moves):
    """Call *name* and press keys, each when its prompt is heard for the first time.

    Returns the call, after the last prompt of *moves* (one without keys) was heard.
    """
    call = await phones.call(LINE[name], caller=CALLER)
    for prompt, *keys in moves:
        await rig.heard.said(CALLER, prompt, within=20)
        for key in keys:
            # Prompts without recordings take no time: a call may be over before the
            # key is let go. Whether it came to the next prompt is seen there.
            with contextlib.suppress(HungUp):
                await call.press(key)
    return call


def last_words(rig, prompt):
    return rig.heard.words[CALLER, prompt][-1]


async def over(rig, call):
    """The caller hangs up; nothing failed, and nothing is left in Asterisk."""
    await call.hang_up()
    await rig.running.live.nobody()
    await asyncio.sleep(0.5)
    assert [f for f in rig.heard.facts if isinstance(f, StepFailed)] == []
    assert await rig.left_over() == []
    (ended,) = [f for f in rig.heard.facts if isinstance(f, CallEnded)]
    return ended.step


async def test_bank_tells_a_balance_and_takes_a_transfer(tmp_path):
    def enrol(kept):
        pin = kept.hashed("246810")
        kept.write("update customer set pin_hash = ? where id = 1", pin)

    async with running_site("bank", tmp_path, change=enrol) as rig:
        async with Phones(sip=rig.pbx.sip) as phones:
            call = await talk(
                rig,
                phones,
                "bank",
                ("choose_language", "2"),
                ("first_menu", "1"),
                ("enter_card", "6222001234567813"),
                ("enter_pin", "246810"),
                ("main_menu", "1"),
                ("your_balance", "2"),
                ("enter_amount", "250*50#"),
                ("confirm_amount", "1"),
                ("enter_day", "0305"),
                ("confirm_day", "1"),
                ("transfer_done",),
            )
            balance = last_words(rig, "your_balance")
            done = last_words(rig, "transfer_done")
            ended = await over(rig, call)
        kept = rig.kept.rows("select customer, amount, due from transfer")

    assert balance == (
        "Your available balance is ten thousand two hundred thirty-four yuan fifty-six."
    )
    assert "Two hundred fifty yuan fifty" in done.replace("two", "Two", 1)
    assert kept == [(1, 250.5, "2026-03-05")]
    assert ended == "main_menu"


async def test_parcel_pages_through_a_list_to_the_code_of_a_locker(tmp_path):
    async with (
        running_site("parcel", tmp_path) as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        call = await talk(rig, phones, "parcel", ("main_menu", "1"), ("parcel_item",))
        for key, said in (("3", 2), ("1", 3)):  # the next one, and back again
            await call.press(key)
            async with asyncio.timeout(20):
                while len(rig.heard.words[CALLER, "parcel_item"]) < said:
                    await asyncio.sleep(0.05)
        await call.press("4")
        code = await rig.heard.said(CALLER, "locker_code")
        first, second, third = rig.heard.words[CALLER, "parcel_item"][:3]
        ended = await over(rig, call)

    assert code == "取件码是四八二，九幺三。"
    assert "Tea House" in first
    assert "新华书店" in second
    assert third == first
    assert ended == "list"


async def test_airline_tells_of_a_delay(tmp_path):
    async with (
        running_site("airline", tmp_path) as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        call = await talk(
            rig,
            phones,
            "airline",
            ("choose_language", "2"),
            ("main_menu", "1"),
            ("enter_flight", "215#"),
            ("which_day", "1"),
            ("delayed",),
        )
        words = last_words(rig, "flight_delay")
        ended = await over(rig, call)

    assert words.endswith("a delay of one hour forty-five minutes.")
    assert ended == "delayed"


async def test_utility_takes_a_fault_report_though_the_crews_system_is_away(tmp_path):
    async with running_site("utility", tmp_path) as rig:
        async with Phones(sip=rig.pbx.sip) as phones:
            call = await talk(
                rig,
                phones,
                "utility",
                ("danger_notice",),
                ("main_menu", "1"),
                ("enter_meter", "4010002231"),
                ("kind_of_fault", "1"),
                ("order_kept",),
            )
            words = last_words(rig, "order_kept")
            await over(rig, call)
        ((number, kind),) = rig.kept.rows(
            "select id, kind from work_order where meter = 1"
        )

    assert kind == "no_power"
    assert number == 20260302
    assert "二零二六，零三零二" in words


async def test_clinic_books_the_visit_that_was_chosen(tmp_path):
    async with running_site("clinic", tmp_path) as rig:
        async with Phones(sip=rig.pbx.sip) as phones:
            call = await talk(
                rig,
                phones,
                "clinic",
                ("main_menu", "8"),
                ("welcome", "1"),
                ("enter_id_card", "110101199003071233"),
                ("department", "1"),
                ("free_visit", "2", "1"),
                ("booked",),
            )
            words = last_words(rig, "booked")
            await call.ended(within=20)
            await rig.running.live.nobody()
        kept = rig.kept.rows("select visit, patient, phone from booking")

    assert kept == [(502, 1, CALLER)]
    assert words == (
        "You have an appointment on March the third, at two o'clock in the afternoon, "
        "in room two zero three. Please bring your ID card."
    )


async def test_branches_counter_does_not_answer_so_the_desk_of_the_region_does(
    tmp_path,
):
    def counter_in_the_house(kept):
        kept.write("update branch set phone = '1002' where code = '203'")

    outbound = 'outbound: {endpoint: "PJSIP/{number}", prefixes: ["1002"]}\n'
    async with running_site(
        "branches", tmp_path, change=counter_in_the_house, more=outbound
    ) as rig:
        async with Phones(sip=rig.pbx.sip) as phones:
            passwords = rig.pbx.credentials.agents
            counter = await phones.agent("1002", password=passwords["1002"])
            desk = await phones.agent("1003", password=passwords["1003"])
            counter.rejects()
            desk.answers(after=0.5)
            await rig.running.desk.sign_in("1003")
            await rig.running.desk.ready("1003")
            call = await talk(
                rig,
                phones,
                "branches",
                ("main_menu", "1"),
                ("enter_branch", "203"),
                ("counter_busy",),
            )
            talking = await desk.next_call()
            await rig.heard.said(CALLER, "agent_number")
            await asyncio.sleep(1)
            await talking.hang_up()
            await rig.heard.said(CALLER, "after_branch")
            ended = await over(rig, call)
            rang = len(counter.rang)
        (connected,) = [f for f in rig.heard.facts if isinstance(f, Connected)]

    assert rang == 1
    assert connected.agent == "1003"
    assert connected.shown["branch"] == "台州站店"
    assert ended == "after_branch"
