"""What a support archive shows of numbers, addresses and secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.cli.bundle.masking import Masker, secrets_of
from ivrflow.secret import MASK
from tests.unit.service.test_service import SETTINGS, installed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caller 13800138000 called", "caller number-1 called"),
        ("PJSIP/057188880101@trunk", "PJSIP/number-1@trunk"),
        ("card 330106123459.", "card number-1."),
        ("138 0013 8000 again", "number-1 again"),
        ("tel13800138000x", "telnumber-1x"),
        ("+8613800138000", "+number-1"),
        ("from ann.lee@mail.example.com", "from address-1@mail.example.com"),
    ],
)
def test_numbers_and_addresses_have_made_up_names(text, shown):
    assert Masker().masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "call 1764000000.7 main.yaml:14",
        "2026-11-23 00:10:05,123 INFO ivrflow.call: agent 1001",
        "2026-11-23T00:10:05+08:00",
        "version 0a1b2c3d4e5f6071 is live",
        "127.0.0.1:8088 took 12.5 ms",
        "PJSIP/1001-0000001f",
    ],
)
def test_what_one_looks_for_stays(text):
    assert Masker().masked(text) == text


def test_the_same_number_has_one_name_in_all_parts():
    masker = Masker()

    first = masker.masked("13800138000 then 13900139000")
    again = masker.masked("10:05 13900139000, 13800138000")

    assert first == "number-1 then number-2"
    assert again == "10:05 number-2, number-1"


def test_secrets_are_masked_wherever_they_stand_the_longest_first():
    masker = Masker(["pass", "password-of-ari", "abc"])

    assert (
        masker.masked("url x:password-of-ari@h pass abc") == "url x:******@h ****** abc"
    )


def test_in_json_texts_are_masked_and_figures_stay():
    masker = Masker(["secret-token"])
    text = json.dumps(
        {"events": 123456789, "who": ["13800138000"], "secret-token": None}
    )

    assert json.loads(masker.of_file("a.json", text)) == {
        "events": 123456789,
        "who": ["number-1"],
        "******": None,
    }


def test_what_should_be_json_and_is_none_is_masked_as_text():
    assert Masker().of_file("a.json", "no: 13800138000\n") == "no: number-1\n"


AROUND = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=12)


@given(AROUND, st.from_regex(r"[0-9]{7,16}", fullmatch=True), AROUND)
def test_no_number_is_seen_whatever_stands_around_it(before, number, after):
    told = Masker().masked(f"{before}{number}{after}")

    assert number not in told or number.startswith("0000")


@given(AROUND, st.text(min_size=4, max_size=20), AROUND)
def test_no_secret_is_seen_whatever_stands_around_it(before, secret, after):
    masker = Masker([secret])

    assert secret not in masker.masked(f"{before}{secret}{after}").replace(MASK, "")


def test_what_settings_hold_themselves_is_looked_for_too(tmp_path):
    more = (
        "alarms: {webhook: 'https://hooks.example/services/T0/B0/xyzzy'}\n"
        "databases: {crm: 'postgresql://me:hush-hush@db/crm?sslpassword=of-the-key'}\n"
    )
    settings, _ = installed(tmp_path, SETTINGS + more)
    found = set(secrets_of(settings))

    assert {"services/T0/B0/xyzzy", "hush-hush", "of-the-key"} <= found
