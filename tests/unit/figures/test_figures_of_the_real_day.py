"""The recorded day of a bank, read as facts, gives the figures that are known of it."""

import csv
from pathlib import Path

from ivrflow.figures.fold import Fold
from ivrflow.figures.metrics import QueueFigures
from tests.unit.figures.day import Day

FILE = Path(__file__).parents[2] / "data/anonymous_bank_one_day.csv"


def seconds(clock):
    hours, minutes, left = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + left


def test_the_real_day_has_exactly_its_known_figures():
    day, calls = Day(), 0
    rows = list(csv.DictReader(FILE.read_text("utf-8").splitlines()))
    for number, row in enumerate(rows):
        agent = row["outcome"] == "AGENT"
        stood = {row["q_start"], row["q_exit"]} != {"0:00:00"}
        if row["outcome"] == "PHANTOM" or not (agent or stood):
            continue
        calls += 1
        call, wait = f"c{number}", int(row["q_time"])
        at = seconds(row["vru_exit"])
        day.queued(at, call)
        if agent:
            talk = int(row["ser_time"])
            day.talks(at + wait, call, row["server"], f"o{number}")
            day.done(at + wait + talk, call, row["server"], f"o{number}", talk)
        else:
            day.leaves(at + wait, call)
    fold = Fold()
    for fact in sorted(day.facts, key=lambda fact: fact.at):
        fold.note(fact)
    figures = QueueFigures(fold.total(), within=20, short=10)

    assert (len(rows), calls, figures.offered) == (2375, 2239, 2239)
    assert (figures.answered, figures.abandoned) == (1511, 728)
    assert (figures.short_abandoned, figures.waiting, fold.holes) == (74, 0, 0)
    assert round(figures.asa, 1) == 134.8
    assert (figures.median_wait, figures.p90_wait) == (96, 323)
    assert round(100 * figures.service_level_negative, 1) == 18.0
    assert round(figures.mean_talk, 1) == 193.8
