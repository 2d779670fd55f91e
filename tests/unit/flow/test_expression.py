"""Expressions: what they mean, what they refuse, and that nothing breaks them."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from ivrflow.flow.expression import BadExpression, Expression, ExpressionFault
from ivrflow.flow.formula.parse import DEEPEST, LONGEST
from ivrflow.flow.source import Mark, Scalar
from ivrflow.secret import Secret


def value(source, **names):
    return Expression.compiled(source).evaluate(names)


def fault(source, **names):
    with pytest.raises(ExpressionFault) as raised:
        value(source, **names)
    return str(raised.value)


def refusal(source):
    with pytest.raises(BadExpression) as raised:
        Expression.compiled(source)
    return raised.value.offset, raised.value.message


# Meaning --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", Decimal("3.5")),
        ("6 / 2", 3),
        ("7 % 3", 1),
        ("-1 % 7", 6),
        ("-2 - -3", 1),
        ("0.1 + 0.2 == 0.3", True),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("not 1 == 2 and 2 == 2", True),
        ("yes or no and no", True),
        ("'a' in ['a', 'b']", True),
        ("'c' not in ['a', 'b']", True),
        ("'bc' in 'abcd'", True),
        ("[1, 2, 3][1]", 2),
        ("[1, 2, 3][-1]", 3),
        ("[1][5]", None),
        ("len('abc') + len([1])", 4),
        ("min(3, none, 2)", 2),
        ("max([1, 5, 2])", 5),
        ("abs(-3)", 3),
        ("round(2.5)", 3),
        ("round(1 / 3, 2)", Decimal("0.33")),
        ("upper(lower('Ab'))", "AB"),
        ("starts_with('abc', 'ab') and ends_with('abc', 'bc')", True),
        ("text(yes)", "yes"),
        ("number('007')", 7),
        ("choose(1 < 2, 'a', 'b')", "a"),
        ("default(none, 5)", 5),
        ("\"double\" == 'double'", True),
    ],
)
def test_an_expression_means_what_it_means_on_paper(source, expected):
    assert value(source) == expected


def test_a_chain_holds_for_each_pair_of_neighbours():
    assert value("1 <= score <= 5", score="5") is True
    assert value("1 <= score <= 5", score="6") is False
    assert value("1 <= score <= 5", score="0") is False


def test_an_entry_of_digits_compares_as_a_number_with_numbers():
    assert value("entry == 7", entry="007") is True
    assert value("entry == '7'", entry="007") is False
    assert value("entry + 1", entry="41") == 42
    assert value("entry in [1, 2]", entry="2") is True


def test_columns_are_read_from_records_only():
    assert value("customer.level >= 2", customer={"level": 3}) is True
    assert value("customer.address.city", customer={"address": {"city": "x"}}) == "x"
    assert "has no columns" in fault("name.upper", name="li")


def test_what_is_not_there_is_none_and_no_comparison_with_it_holds():
    for source in ("x < 1", "x > 1", "x == 1", "x != 1", "1 <= x <= 5", "x in [1]"):
        assert value(source) is False, source
    assert value("x") is None
    assert value("x.y.z") is None
    assert value("x + 1") is None
    assert value("not x") is True
    assert value("len(x)") is None


def test_whether_a_name_is_set_can_be_asked():
    assert value("topic == none") is True
    assert value("topic != none", topic="complaint") is True
    assert value("topic == none", topic="complaint") is False


def test_dates_compare_with_dates_and_with_texts_of_dates():
    due = date(2026, 3, 15)

    assert value("due < '2026-04-01'", due=due) is True
    assert value("due + 1 == '2026-03-16'", due=due) is True
    assert value("due - now.date", due=due, now={"date": date(2026, 3, 1)}) == 14
    assert value("wait > 60", wait=timedelta(minutes=2)) is True


def test_the_names_that_it_reads_are_known_with_their_places():
    expression = Expression.compiled("a.b + c[d.e] and a.b", Mark("f.yaml", 2, 10))

    assert expression.paths == (("a", "b"), ("c",), ("d", "e"))
    assert [str(at) for _, at in expression.places()] == [
        "f.yaml:2:10",
        "f.yaml:2:16",
        "f.yaml:2:18",
    ]


# Faults at run time -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("'a' < 1", "a text can't be compared with a number"),
        ("'a' + 1", "can't be reckoned"),
        ("'a' * 1000000000", "can't be reckoned"),
        ("1 / 0", "a division by zero"),
        ("1 % 0", "a division by zero"),
        ("1 and 2", "neither yes nor no"),
        ("1 in 2", "nothing can be in a number"),
        ("upper(1)", "a text is wanted"),
        ("yes < no", "can't be compared"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_fault_with_its_place(source, why):
    expression = Expression.compiled(source, Mark("f.yaml", 3, 7))

    with pytest.raises(ExpressionFault, match=r"^f\.yaml:3:7: ") as raised:
        expression.evaluate({})
    assert why in str(raised.value)


def test_numbers_do_not_grow_without_end():
    def squared(n, times):
        for _ in range(times):
            n = value("n * n", n=n)

    with pytest.raises(ExpressionFault, match="too large"):
        squared(9, times=100)


def test_a_secret_can_be_neither_compared_nor_measured():
    pin = Secret("246810")

    for source in ("pin == '246810'", "pin < 1", "len(pin)", "text(pin)", "pin + 1"):
        message = fault(source, pin=pin)
        assert "246810" not in message.partition(" in ")[0]


# What is refused when a site is loaded ------------------------------------------------


@pytest.mark.parametrize(
    ("source", "offset", "why"),
    [
        ("", 0, "an expression is wanted here"),
        ("1 +", 3, "something is missing at the end"),
        ("level = 2", 6, "write == to compare"),
        ("level => 2", 6, "write >="),
        ("level <> 2", 6, "write !="),
        ("a && b", 2, "write `and`"),
        ("a || b", 2, "write `or`"),
        ("!a", 0, "write `not`"),
        ("9**9**9", 1, "there is no power"),
        ("a == True", 5, "write `yes`"),
        ("lenn(a)", 0, "did you mean len?"),
        ("len(a, b)", 0, "len() takes 1 values, not 2"),
        ("(1", 2, "the bracket is not closed"),
        ("'abc", 0, "never ends"),
        ("${a}", 0, "here the name alone is enough"),
        ("a.b()", 3, "only functions have brackets behind them"),
        ("5m", 0, "units have no place here"),
        ("a b", 2, "does not fit here"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place_and_cure(source, offset, why):
    at, message = refusal(source)

    assert at == offset
    assert why in message


@pytest.mark.parametrize(
    "source",
    [
        "().__class__",
        "''.__class__.__mro__[1].__subclasses__()",
        "__import__('os').system('id')",
        "9**9**9",
        "'a'*10**9",
        "f'{x}'",
        "lambda: 0",
        "[x for x in y]",
        "(" * 10_000,
        "-" * 10_000,
        "not " * 100 + "yes",
        "len(" * 100 + "'a'" + ")" * 100,
        "a" + "[0]" * 200,
        "1" * 10_000,
        "x" * (LONGEST + 1),
        "open('/etc/passwd')",
        "{}.format",
        "\x00",
        "a;b",
        "import os",
        "a := 1",
    ],
)
def test_hostile_expressions_are_refused(source):
    refusal(source)


def test_attributes_of_python_are_columns_that_no_record_has():
    assert value("x.__class__", x={"a": 1}) is None
    assert "has no columns" in fault("x.__class__", x="text")
    assert "has no columns" in fault("x.__class__.__mro__", x=[1])


def test_depth_is_limited_well_above_what_people_write():
    fine = "(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1)

    assert value(fine) == 1
    assert "levels deep" in refusal("(" * DEEPEST + "1" + ")" * DEEPEST)[1]


SIGNS = [*"()[],.+-*/%<='\"${}|é", "<=", "==", "!=", "**", "'x'", "1", "2.5"]
NAMES = ["a", "b.c", "and", "or", "not", "in", "yes", "no", "none", "len", "choose"]
WORDS = st.sampled_from([*SIGNS, *NAMES])


@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_no_text_can_raise_anything_but_bad_expression_and_fault(source):
    with suppress(BadExpression, ExpressionFault):
        Expression.compiled(source).evaluate({"a": "7", "b": {"c": [1, "x", None]}})


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=40),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.timedeltas(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    st.builds(Secret, st.text(max_size=5)),
)


@given(
    st.sampled_from([*"+-*/%<>", "<=", ">=", "==", "!=", "in", "not in", "and", "or"]),
    ANYTHING,
    ANYTHING,
)
def test_no_values_can_make_an_operator_raise_anything_but_a_fault(operator, a, b):
    with suppress(ExpressionFault):
        value(f"a {operator} b", a=a, b=b)


@given(
    st.sampled_from(
        [
            "len",
            "min",
            "max",
            "abs",
            "round",
            "lower",
            "upper",
            "starts_with",
            "ends_with",
            "text",
            "number",
        ]
    ),
    ANYTHING,
    ANYTHING,
)
def test_no_values_can_make_a_function_raise_anything_but_a_fault(function, a, b):
    two = function in ("starts_with", "ends_with", "min", "max", "round")
    with suppress(ExpressionFault):
        value(f"{function}(a, b)" if two else f"{function}(a)", a=a, b=b)


@given(st.text(max_size=60))
def test_any_text_at_all_is_read_or_refused(source):
    with suppress(BadExpression):
        Expression.compiled(source)


def test_formula_that_a_comma_inside_braces_has_cut_is_told_to_need_quotes():
    at = Mark("a.yaml", 3, 7)

    with pytest.raises(PydanticCustomError) as told:
        Expression.read(Scalar("default(a", at, plain=True))

    assert told.value.type == "Y007"
    assert "needs quotes" in told.value.message()
