"""What is said to be heard again: every prompt, and sentences that use every piece."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.phrase import Recorded
from ivrflow.prompts.text import Slot, Titled
from ivrflow.telephony.sound import Utterance

TODAY = date(2026, 3, 2)
EXAMPLES: dict[str, Any] = {
    "money": Decimal("1234.50"),
    "date": date(2026, 3, 15),
    "time": time(8, 30),
    "number": 3,
    "count": 2,
    "duration": 150,
    "minutes": (120, 240),
    "phone": "13800138000",
    "digits": "1001",
    "text": "",
    "": "",
}


def prompts(
    catalogue: Catalogue, language: str, recorded: Recorded
) -> Iterator[Utterance]:
    """Yield each prompt with each of its variants and attempts, all choices offered."""
    for name in catalogue.names():
        offered = [
            (key, target)
            for key, target in zip(
                "1234567890", catalogue.choices(name, language), strict=False
            )
        ]
        attempts = {
            (str(path[0]), int(path[1]) + 1)
            for path, _ in catalogue.texts(name, language)
            if path[0] in ("silent", "wrong")
        }
        for variant, attempt in [("first", 1), *sorted(attempts)]:
            yield from catalogue.utterances(
                name,
                variant=variant,
                attempt=attempt,
                language=language,
                value=lambda slot: example(slot, catalogue, language),
                recorded=recorded,
                offered=offered,
                today=TODAY,
            )


def example(slot: Slot, catalogue: Catalogue, language: str) -> Any:
    if slot.filter == "word":
        return next(iter(catalogue.table(slot.argument, language) or {}))
    if slot.expression == "queue.title":
        text = {"en": "Retail service"}.get(language, "零售服务")
        return Titled.of(language, "queue", "service", text)
    return EXAMPLES[slot.filter]


def composed(
    catalogue: Catalogue, language: str, recorded: Recorded
) -> Iterator[Utterance]:
    """Yield sentences of the sample with values that go through all pieces."""
    for name, values in _occasions(catalogue, language):
        yield from catalogue.utterances(
            name,
            language=language,
            value=lambda slot, values=values: values[slot.expression],
            recorded=recorded,
            today=TODAY,
        )


def _occasions(
    catalogue: Catalogue, language: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for i in range(34):
        whole = (3 * i) % 100 + (i % 10) * 100 + (i % 3) * 1000
        whole += 90_000 * (i % 7 == 3) + 2_000_000 * (i % 11 == 5)
        amount = Decimal(whole) + Decimal((3 * i + 1) % 100) / 100
        day = TODAY.replace(month=1, day=1) + timedelta(days=(i * 32) % 365)
        yield "your_balance", {"account.amount": amount, "account.due": day}
    for i in range(33):
        wait = (60 * (i % 13), 60 * (i % 13 + 2))
        yield "queue_position", {"queue.position": 3 * i + 2, "queue.wait": wait}
    for i in range(24):
        day = date(2026 + i % 3, i % 12 + 1, i + 5)
        opens = datetime.combine(day, time(i, (i * 5) % 60))
        yield "we_are_closed", {"hours.office.opens": opens}
    states = list(catalogue.table("order_states", language) or {})
    orders = ("2026031", "ABC12", "DEF345", "GHJ678", "KLM90", "PQR1", "ST77", "UVW2")
    for i, number in enumerate((*orders, "XYZ3", "INO4", "90210", "48151623")):
        state = states[i % len(states)]
        yield "order_status", {"order.number": number, "order.state": state}
    for number in ("1001", "1002", "2013", "7654", "9980"):
        yield "agent_number", {"agent.number": number}
    for number in ("13800138000", "057112313", "+8613912345678", "88267105"):
        yield "confirm_number", {"number": number}
