"""Variables go through a restart exactly, and secrets do not."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.flow.bookmark.values import find, read, written
from ivrflow.flow.kinds import Name
from ivrflow.secret import Asked, Masked, Secret, SecretLost

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**24), 10**24)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.times()
    | st.timedeltas(timedelta(-1000), timedelta(1000))
)
NAMES = st.text(max_size=5) | st.just("~")
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


def through_json(value):
    return read(msgspec.json.decode(msgspec.json.encode(written(value))))


@given(VALUES)
def test_a_value_comes_back_as_it_was(value):
    back = through_json(value)

    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("12.50"),
        date(2026, 3, 15),
        datetime(2026, 3, 15, 8, 30, tzinfo=UTC),
        time(8, 30),
        timedelta(seconds=90),
        2**60,
        0.1,
    ],
)
def test_what_json_has_no_word_for_keeps_its_type(value):
    back = through_json({"it": value})

    assert back == {"it": value}
    assert type(back["it"]) is type(value)
    assert str(back["it"]) == str(value)  # 12.50, not 12.5


def test_a_text_that_knows_its_place_comes_back_as_a_text():
    assert type(through_json(Name("topic"))) is str


@pytest.mark.parametrize(
    ("kind", "shown"), [(Secret, "******"), (Masked, "******0002")]
)
def test_of_a_secret_only_what_it_shows_is_written(kind, shown):
    secret = kind("6222020000000002", Asked("top", "prove"))
    text = msgspec.json.encode(written({"card": secret})).decode()
    back = through_json({"card": secret})["card"]

    assert "62220" not in text
    assert type(back) is kind
    assert str(back) == shown
    assert bool(back)
    with pytest.raises(SecretLost) as lost:
        back.reveal()
    assert lost.value.asked == ("top", "prove")


def test_what_was_lost_once_is_lost_in_the_next_bookmark_too():
    secret = Masked("6222020000000002", Asked("top", "prove"))
    back = through_json(through_json(secret))

    assert str(back) == "******0002"
    assert back.asked == ("top", "prove")


def test_what_no_variable_can_hold_becomes_none():
    assert through_json({"it": object()}) == {"it": None}


def test_what_gives_a_secret_away_is_written_as_that():
    hidden = [Masked("000062220200", Asked("top", "prove")), Secret("4711"), Secret("")]
    values = ("000062220200", 62220200, Decimal(62220200), "a/62220200/b", "4711", 5)
    back = read(msgspec.json.decode(msgspec.json.encode(written(values, hidden))))

    assert [str(one) for one in back[:4]] == ["******0200"] * 4
    assert back[4:] == ("4711", 5)  # four digits stand anywhere


def test_zeros_alone_give_nothing_away():
    assert written("a text", [Masked("000000000000")]) == "a text"
    assert written("12", [Masked("000000000012")]) == "12"


TYPED = ("relay", 3, 14)


def test_which_keys_a_secret_was_goes_through_a_restart_and_no_key_does():
    card = Masked("622200000002", Asked("top", "card"), TYPED)
    lost = through_json(card)

    assert lost.typed == TYPED
    assert "2222" not in repr(written(card)) + repr(lost)
    assert list(find({"who": {"card": lost}}, lambda keys: "")) == []
    assert lost.is_lost

    found = list(find({"who": ({"card": lost},)}, lambda keys: "6222" + 7 * "0" + "2"))

    assert [text for _, text in found] == ["622200000002"]
    assert lost.reveal() == "622200000002"


def test_keys_that_do_not_end_as_a_card_did_are_not_that_card():
    lost = through_json(Masked("622200000002", Asked("top", "card"), TYPED))

    assert list(find(lost, lambda keys: "622200000003")) == []
    assert lost.is_lost


def test_of_a_copy_nobody_says_which_keys_it_was():
    card = Masked("622200000002", Asked("top", "card"), TYPED)

    assert read(written("no. 622200000002", [card])).typed is None
