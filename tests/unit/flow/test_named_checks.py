import pytest

from ivrflow.flow.checks import NAMED, cn_id, luhn


@pytest.mark.parametrize("number", ["330106123459", "79927398713", "0"])
def test_a_number_with_its_right_check_digit_passes_luhn(number):
    assert luhn(number)


@pytest.mark.parametrize("number", ["330106123458", "330106123495", "", "12a4", "１８"])
def test_a_mistyped_number_fails_luhn(number):
    # Two neighbours swapped, one digit changed, nothing, a letter, wide digits.
    assert not luhn(number)


@pytest.mark.parametrize("card", ["11010519491231002X", "11010519491231002*"])
def test_an_id_card_ends_with_its_checksum_and_star_means_x(card):
    assert cn_id(card)


@pytest.mark.parametrize("card", ["110105194912310021", "11010519491231002", "x" * 18])
def test_a_mistyped_id_card_fails(card):
    assert not cn_id(card)


def test_the_checks_bear_the_names_of_the_language():
    assert set(NAMED) == {"luhn", "cn_id"}
