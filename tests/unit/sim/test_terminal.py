"""A talk with a flow in a terminal, typed line by line."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.cli.try_ import try_
from ivrflow.flow.load import load_site
from ivrflow.sim.clock import run_at
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.terminal import Terminal

FOLDER = Path(__file__).parents[3] / "flows" / "hotline"

IDENTIFIED = ["2", "330106123459", "246810"]


def talk(*lines, at="2026-03-02 10:00", folder=FOLDER, arguments=()):
    """What the terminal shows when *lines* come from a pipe; time jumps."""
    result = CliRunner().invoke(
        try_,
        ["hotline", "--site", str(folder), "--at", at, "--fast", *arguments],
        input="".join(f"{line}\n" for line in lines),
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_each_line_waits_until_the_flow_listens():
    shown = talk(*IDENTIFIED, "1", at="2026-02-14 14:30").output

    assert "14:30:08  identify  (authenticate, flows/hotline.yaml:27)" in shown
    assert 'says your_balance: "Your balance is one thousand two hundred' in shown
    assert "-> balance: the caller pressed 1  [flows/hotline.yaml:41]" in shown


def test_pin_is_masked_in_the_story_though_it_was_typed():
    shown = talk(*IDENTIFIED).output

    assert "> 246810" in shown
    assert shown.count("246810") == 1


def test_agent_answers_and_hangs_up_by_command():
    shown = talk(
        *IDENTIFIED, "0", ":agent 1003 answers", ":wait 1m", ":agent 1003 hangs up", "5"
    ).output

    assert "agent 1003 answers after" in shown
    assert "agent hung up, agent 1003 talked 6" in shown
    assert 'says goodbye: "Goodbye."' in shown


def test_agents_sign_out_and_get_ready_by_command():
    shown = talk(
        *IDENTIFIED, ":agent 1003 busy", ":agent 1002 out", "0", ":agent 1003 ready"
    ).output

    assert "agent 1003 is not ready" in shown
    assert "agent 1002 is logged out" in shown
    assert "agent 1003 rings" in shown


def test_empty_line_waits_until_something_happens_and_wait_lets_time_pass():
    shown = talk("", ":wait 6s").output

    assert "10:00:14    no keys: silent, no key for 6 s" in shown


def test_end_of_the_lines_is_a_hang_up():
    shown = talk("2").output

    assert shown.splitlines()[-1].endswith("ended by caller in identify after 12 s")


def test_message_is_spoken_and_kept():
    shown = talk(*IDENTIFIED, "0", ":speak 7s", "#", "1", at="2026-03-07 14:30").output

    assert "message in service, 7." in shown
    assert "email to duty@example.com with the wav" in shown


def test_what_is_not_understood_is_told_and_changes_nothing():
    shown = talk(
        ":dance", "abc", ":agent 9 answers", ":agent 1003 answers", ":help"
    ).output

    assert "':dance' is not understood; :help says what is" in shown
    assert "'abc' are no keys of a telephone" in shown
    assert "there is no agent 9; there are 1001" in shown
    assert "the phone of agent 1003 does not ring" in shown
    assert ":wait 6s                 do nothing for so long" in shown


def without_tests(folder):
    """A copy of the hotline that has no tests whose rows could answer."""
    site = folder / "site"
    shutil.copytree(FOLDER, site, ignore=shutil.ignore_patterns("tests"))
    return site


def test_look_up_without_an_answer_is_told_and_is_an_error(tmp_path):
    shown = talk(*IDENTIFIED, "2", folder=without_tests(tmp_path)).output

    assert (
        "(nothing answers last_order at flows/orders.yaml:5 (find): type :data "
        "last_order ..., or give --data FILE" in shown
    )
    assert "says try_later" in shown


def test_the_people_of_the_demo_are_there_and_others_are_not(tmp_path):
    site = without_tests(tmp_path)

    shown = talk("2", "330106305528", "000000", "1", folder=site).output
    assert "looks up retailers with card ******5528: id 9, name Anna Keller" in shown

    shown = talk("2", "330106123467", "000000", folder=site).output
    assert "looks up retailers with card ******3467: not found" in shown


def test_what_a_look_up_answers_can_be_typed():
    shown = talk(
        *IDENTIFIED,
        ":data balance error",
        "1",
        ":data balance {amount: 7, due: 2026-04-01}",
        ":data blance error",
        ":data balance {amont: 7}",
        "1",
    ).output

    assert "looks up balance with id 7: data.yaml" in shown
    assert "balance answers so from now on: {amount: 7, due: 2026-04-01}" in shown
    assert "there is no look-up 'blance'; did you mean 'balance'?" in shown
    assert "balance gives no 'amont'; did you mean 'amount'?" in shown


def test_a_switch_is_thrown_in_the_middle_and_put_back():
    shown = talk(
        ":switch outage on",
        ":switch outage off",
        ":switch outrage on",
        ":switch outage",
    ).output

    assert "the switch outage is thrown" in shown
    assert "the switch outage is put back" in shown
    assert "there is no switch 'outrage'; did you mean 'outage'?" in shown
    assert "say :switch outage on, or off" in shown


def test_the_talk_so_far_becomes_a_test_that_passes(tmp_path):
    site = without_tests(tmp_path)
    to = ":save tests/mine.test.yaml"

    shown = talk(*IDENTIFIED, "1", to, "0", to, folder=site).output
    assert shown.count("saved in") == 2
    assert "its test passes, through the same 7 steps" in shown
    text = (site / "tests/mine.test.yaml").read_text()
    assert "246810" not in text
    assert "330106123459" not in text

    result = CliRunner().invoke(main, ["test", str(site)])
    assert "2 passed, 0 failed" in result.output


def test_a_talk_that_began_in_the_middle_is_saved_so(tmp_path):
    site = without_tests(tmp_path)

    shown = talk(
        ":save tests/m.test.yaml", folder=site, arguments=["--step", "leave_message"]
    ).output

    assert "its test passes, through the same step" in shown
    assert "given: {step: leave_message}" in (site / "tests/m.test.yaml").read_text()


def test_what_can_not_be_saved_says_what_to_write(tmp_path):
    site = without_tests(tmp_path)
    (site / "tests").mkdir()
    (site / "tests/bad.test.yaml").write_text("tests: hotline\n\nx: {talc: 1}\n")
    orders = "tests: orders\n\nx: {talk: [{hears: try_later}]}\n"
    (site / "tests/orders.test.yaml").write_text(orders)

    shown = talk(
        *(f":save {to}" for to in ("", "mine.yaml", "../x.test.yaml")),
        ":save tests/bad.test.yaml",
        ":save tests/orders.test.yaml",
        folder=site,
    ).output

    assert "say which file: :save tests/my_talk.test.yaml" in shown
    assert "'mine.yaml' is no test file: write tests/mine.test.yaml" in shown
    assert "../x.test.yaml is not in the site's folder tests/" in shown
    assert "tests/bad.test.yaml has mistakes; mend them first" in shown
    assert "tests/orders.test.yaml tests orders, and this was a talk with" in shown


def test_why_shows_the_line_that_decided():
    shown = talk("2", ":why").output

    assert "24 | 2: {set: {language: en}, then: identify}" in shown
    assert "still up" in shown


def test_when_the_call_is_over_it_can_still_be_saved_and_told(tmp_path):
    site = without_tests(tmp_path)

    shown = talk(
        "2", ":hangup", "5", ":wait 5s", ":save tests/a.test.yaml", ":why", folder=site
    ).output

    assert "the call is over: nobody presses '5'" in shown
    assert "the call is over; there are :save, :why, :help, :quit" in shown
    assert "its test passes, through the same 3 steps" in shown
    assert "ended by the caller in identify (cause 16)" in shown


def test_quit_ends_it_and_what_follows_is_not_read():
    shown = talk("2", ":quit", ":help").output

    assert "ended by caller in identify" in shown.splitlines()[-1]
    assert ":help" not in shown


def test_from_a_pipe_time_jumps_and_nothing_has_colours():
    runs = [
        CliRunner().invoke(
            try_,
            [str(FOLDER), "hotline", "--at", "2026-03-02 10:00"],
            input="2\n:wait 30m\n",
        )
        for _ in range(2)
    ]

    assert runs[0].output == runs[1].output
    assert "\x1b" not in runs[0].output
    assert "10:00:08    keys 2: accepted" in runs[0].output


def test_what_is_not_there_is_told_with_what_may_be_meant(tmp_path):
    for arguments, told in (
        (["hotlin"], "there is no flow 'hotlin'; did you mean 'hotline'?"),
        (["hotline", "--step", "main_meun"], "did you mean 'main_menu'?"),
        (["hotline", "--to", "12314"], "there is no number '12314'"),
        (["hotline", "--switch", "outge"], "did you mean 'outage'?"),
    ):
        result = CliRunner().invoke(try_, [*arguments, "--site", str(FOLDER)])
        assert result.exit_code == 2
        assert told in result.output

    result = CliRunner().invoke(try_, [str(tmp_path), "hotline"])
    assert result.exit_code == 2
    assert "has no site.yaml; give its folder: ivrflow try SITE FLOW" in result.output


def test_the_dialled_number_says_which_flow_and_a_step_where_it_begins():
    shown = talk("1", arguments=["--to", "12313", "--step", "language"]).output

    assert "10:00:00  13800138000 calls 12313: flow hotline" in shown
    assert "10:00:00  language  (menu, flows/hotline.yaml:20)" in shown


def test_a_faster_clock_runs_as_fast_as_it_says():
    async def minute():
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(60)
        assert asyncio.get_running_loop().time() - began >= 60

    began = time.perf_counter()
    run_at(600, minute())

    assert 0.09 < time.perf_counter() - began < 30


def test_look_ups_answer_from_a_file(tmp_path):
    data = tmp_path / "data.yaml"
    data.write_text(
        "retailers: {id: 1, level: 1}\nlast_order: {number: '12', state: sent}"
    )

    shown = talk(*IDENTIFIED, "2", arguments=["--data", str(data)]).output

    assert "Order one two is on its way." in shown


def test_bad_file_and_unknown_flow_can_not_run(tmp_path):
    data = tmp_path / "data.yaml"
    data.write_text("retailerz: error")

    result = talk(arguments=["--data", str(data)])
    assert result.exit_code == 2
    assert "R001 there is no look-up 'retailerz'; did you mean" in result.output

    result = CliRunner().invoke(try_, ["nowhere", "--site", str(FOLDER)])
    assert result.exit_code == 2
    assert "there is no flow 'nowhere'" in result.output


def test_flow_may_be_left_out_where_there_is_only_one_behind_the_numbers():
    result = CliRunner().invoke(try_, ["--site", str(FOLDER), "--fast"], input="")

    assert result.exit_code == 0
    assert "flow hotline" in result.output


@pytest.mark.parametrize("switch", ["outage"])
def test_switch_is_thrown(switch):
    shown = talk("1", arguments=["--switch", switch]).output

    assert "says outage_notice" in shown


def test_at_real_speed_a_line_is_taken_at_once():
    shown = []

    async def talk():
        lines = iter([":hangup\n", ""])
        scene = opening(load_site(FOLDER), "hotline")
        stage = Stage(load_site(FOLDER), scene)
        await Terminal(stage, lambda: next(lines), shown.append, patient=False).run()

    asyncio.run(talk())

    assert shown[-2].endswith("ended by caller in welcome after 0 s")
    assert shown[-1].startswith("the call is over: :save FILE makes it a test")
