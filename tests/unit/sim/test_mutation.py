"""Mutants: what is changed where, who notices, and how good the sample's talks are."""

import pytest
from click.testing import CliRunner
from talked_site import FILES, write

from ivrflow.cli.test import test as command
from ivrflow.flow.folder import read_texts
from ivrflow.sim.mutation.hunt import NotGreen, all_mutants, hunt, sampled
from ivrflow.sim.rehearsal.batch import Play


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Play.read(write(tmp_path_factory.mktemp("sites") / "shop"))


@pytest.fixture(scope="module")
def mutants(shop):
    return {str(one): one for one in all_mutants(shop) if "main" in one.file}


@pytest.mark.parametrize(
    "mutant",
    [
        "key which.keys.1: 1 -> 8",
        "key which.keys.1: 1 and 2 -> 2 and 1",
        "target which.keys.1: find -> hangup",
        "target on_end: note -> hangup",
        "target always.9: repeat -> hangup",
        "prompt tell.say.1.say: dear -> bye",
        "limit which.tries: 2 -> 3",
        "limit which.tries: 2 -> 1",
        "name find.save: order -> order_x",
        "condition tell.say.1.if: order.amount >= 100 -> order.amount > 100",
        "condition tell.say.1.if: order.amount >= 100 -> order.amount >= 101",
        "condition tell.say.1.if: order.amount >= 100 -> order.number >= 100",
        "condition tell.say.1.if: order.amount >= 100 -> not (order.amount >= 100)",
        "name note.log.order: order -> order_x",
        "value note.log.order: order.number -> order.amount",
    ],
)
def test_each_sort_of_value_is_changed_in_its_own_way(mutants, mutant):
    assert mutant in mutants


def test_a_mutant_changes_its_own_place_and_nothing_else(shop, mutants):
    text = read_texts(shop.site.folder)["flows/main.yaml"]
    for mutant in mutants.values():
        changed = mutant.applied(text)
        one, two = text.splitlines(), changed.splitlines()
        differ = [
            n
            for n, pair in enumerate(zip(one, two, strict=True), 1)
            if len({*pair}) == 2
        ]
        assert differ, mutant
        assert differ[0] == mutant.line
        assert len(differ) == len({*differ}) <= len(mutant.edits)


def test_the_same_site_has_the_same_mutants_each_time(shop):
    assert all_mutants(shop) == all_mutants(shop)
    assert sampled(all_mutants(shop), 10, 1) == sampled(all_mutants(shop), 10, 1)
    assert sampled(all_mutants(shop), 10, 1) != sampled(all_mutants(shop), 10, 2)
    assert sampled(all_mutants(shop), None, 1) == all_mutants(shop)


def test_a_text_with_a_mark_before_it_has_the_same_mutants(shop, mutants, tmp_path):
    marked = write(tmp_path / "shop")
    file = marked / "flows/main.yaml"
    file.write_text(file.read_text("utf-8"), "utf-8-sig")
    text = read_texts(marked)["flows/main.yaml"]

    found = {str(m): m for m in all_mutants(Play.read(marked)) if "main" in m.file}

    assert text.startswith("\ufeff")
    for name, mutant in mutants.items():
        whole = read_texts(shop.site.folder)["flows/main.yaml"]
        assert found[name].applied(text) == "\ufeff" + mutant.applied(whole)


def fate_of(shop, mutants, name):
    [fate] = hunt(shop, [mutants[name]])
    return fate


def test_the_checker_catches_what_can_not_be_right(shop, mutants):
    fate = fate_of(shop, mutants, "name find.save: order -> order_x")

    assert fate.caught_by == "check"
    assert "flows/main.yaml" in fate.how


def test_a_talk_catches_what_goes_another_way(shop, mutants):
    fate = fate_of(shop, mutants, "limit which.tries: 2 -> 3")

    assert (fate.caught_by, fate.how) == ("talk", "no choice")


def test_what_no_talk_looks_at_survives(shop, mutants):
    fate = fate_of(shop, mutants, "target find.not_found: none -> hangup")

    assert fate.caught_by in ("", "check")
    assert fate_of(shop, mutants, "key which.keys.2: 2 -> 8").caught_by == ""


def test_the_site_itself_is_left_alone(shop, mutants):
    before = read_texts(shop.site.folder)
    list(hunt(shop, list(mutants.values())[:5]))

    assert read_texts(shop.site.folder) == before


def test_a_site_whose_talks_fail_teaches_nothing(tmp_path):
    talks = FILES["tests/main.test.yaml"].replace("Order three one.", "Order two.")
    play = Play.read(write(tmp_path / "shop", **{"tests/main.test.yaml": talks}))

    with pytest.raises(NotGreen, match="the talk 'an order' fails"):
        list(hunt(play, all_mutants(play)))
    result = CliRunner().invoke(command, [str(tmp_path / "shop"), "--mutate"])
    assert result.exit_code == 2
    assert "mend it first" in result.output


def test_the_command_counts_by_kind_and_names_the_survivors(shop):
    arguments = [str(shop.site.folder), "--mutate", "-j", "1", "--mutate-min"]
    result = CliRunner().invoke(command, [*arguments, "50"])
    lines = result.output.splitlines()

    assert result.exit_code == 0, result.output
    assert lines[1].split() == [
        "mutants",
        "by",
        "check",
        "by",
        "talks",
        "survived",
        "caught",
    ]
    assert {line.split()[0] for line in lines[2:8]} >= {"key", "limit", "target"}
    assert any("key which.keys.2: 2 -> 8" in line for line in lines)
    assert CliRunner().invoke(command, [*arguments, "100"]).exit_code == 1


def test_nine_of_ten_changes_of_the_sample_are_noticed(sample):
    """A few of them, always the same; docs/testing.md has the figures of all."""
    flows = [one for one in all_mutants(sample) if one.file.startswith("flows/")]
    fates = list(hunt(sample, sampled(flows, 30, 7)))
    caught = [fate for fate in fates if fate.caught_by]

    assert len(fates) == 30
    assert len(caught) >= 27, [str(f.mutant) for f in fates if not f.caught_by]


@pytest.fixture(scope="module")
def sample(request):
    return Play.read(request.config.rootpath / "flows/hotline")
