"""A talk with a flow in a terminal, typed line by line."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli.try_ import try_
from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.terminal import Terminal

FOLDER = Path(__file__).parents[3] / "flows" / "hotline"

IDENTIFIED = ["2", "330106123459", "246810"]


def talk(*lines, at="2026-03-02 10:00", arguments=()):
    """What the terminal shows when *lines* come from a pipe; time jumps."""
    result = CliRunner().invoke(
        try_,
        ["hotline", "--site", str(FOLDER), "--at", at, "--fast", *arguments],
        input="".join(f"{line}\n" for line in lines),
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_each_line_waits_until_the_flow_listens():
    shown = talk(*IDENTIFIED, "1", at="2026-02-14 14:30").output

    assert "14:30:08  identify  (authenticate, flows/hotline.yaml:27)" in shown
    assert 'says your_balance: "Your balance is one thousand two hundred' in shown
    assert "-> balance: the caller pressed 1  [flows/hotline.yaml:38]" in shown


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
    assert ":wait 6s             do nothing for so long" in shown


def test_look_up_without_an_answer_is_told_and_is_an_error():
    shown = talk(*IDENTIFIED, "2").output

    assert (
        "(nothing answers last_order at flows/orders.yaml:5 (find): give --data"
        in shown
    )
    assert "says try_later" in shown


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

    assert shown[-1].endswith("ended by caller in welcome after 0 s")
