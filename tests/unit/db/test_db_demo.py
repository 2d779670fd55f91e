import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ivrflow.db.demo import fill_demo
from ivrflow.db.engine import BadDatabase
from ivrflow.db.lookups import SqlLookups
from ivrflow.flow.site.data import DataSource
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret

SCRIPT = Path(__file__).parents[3] / "flows" / "hotline" / "demo.sql"
CARD = "330106123459"

# As data.yaml has them.
RETAILERS = DataSource.model_validate(
    {
        "database": "crm",
        "sql": "select id, name, district, level, pin_hash "
        "from retailer where card = :card",
        "gives": {
            "id": "number",
            "name": "text",
            "district": {"one_of": ["north", "east"]},
            "level": "number",
        },
        "verify": {"pin": "pin_hash"},
    }
).named("retailers")
BALANCE = DataSource.model_validate(
    {
        "database": "crm",
        "sql": "select amount, due from account where retailer = :id",
        "gives": {"amount": "money", "due": "date"},
    }
).named("balance")
SURVEY = DataSource.model_validate({"database": "crm", "insert": "survey"}).named("s")


@pytest.fixture(scope="module")
def hasher():
    return Hasher(Secret("5e" * 32))


def luhn(digits):
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


async def test_the_demo_s_retailers_can_be_looked_up(tmp_path, hasher):
    url = f"sqlite:///{tmp_path}/crm.db"
    fill_demo(url, SCRIPT, hasher, {CARD: "246810"})
    lookups = SqlLookups({"crm": url})

    row = dict(await lookups.find(RETAILERS, {"card": Secret(CARD)}))
    assert hasher.matches(Secret("246810"), row.pop("pin_hash"))
    assert row == {"id": 7, "name": "李建国", "district": "north", "level": 1}
    assert await lookups.find(BALANCE, {"id": 7}) == {
        "amount": Decimal("1234.5"),
        "due": date(2026, 3, 15),
    }
    await lookups.store(SURVEY, {"agent": "1003", "score": "5", "call": "17.1"})
    await lookups.close()


def test_every_licence_number_has_a_right_check_digit(tmp_path, hasher):
    fill_demo(f"sqlite:///{tmp_path}/crm.db", SCRIPT, hasher)
    with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
        cards = [card for (card,) in db.execute("select card from retailer")]
        places = set(db.execute("select district, level from retailer"))

    assert len(cards) >= 6
    assert all(luhn(card) for card in cards)
    assert {district for district, _ in places} == {"north", "east"}
    assert {level for _, level in places} == {1, 2, 3}


def test_filling_it_again_takes_nothing_away(tmp_path, hasher):
    url = f"sqlite:///{tmp_path}/crm.db"
    fill_demo(url, SCRIPT, hasher)
    with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
        db.execute("update account set amount = 1")
        db.commit()
    fill_demo(url, SCRIPT, hasher)
    with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
        assert set(db.execute("select amount from account")) == {(1,)}


def test_a_pin_for_a_card_that_is_not_there_is_told_without_it(tmp_path, hasher):
    url = f"sqlite:///{tmp_path}/crm.db"
    with pytest.raises(BadDatabase) as error:
        fill_demo(url, SCRIPT, hasher, {"330106000000": "246810"})
    assert "330106000000" not in str(error.value)


def test_the_demo_is_for_sqlite(hasher):
    with pytest.raises(BadDatabase, match="SQLite only"):
        fill_demo("postgresql://u:pw@host/name", SCRIPT, hasher)
