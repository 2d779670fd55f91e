"""From a folder to a `Site`, or to everything that is wrong with it.

All files are read and checked before anything is said, so that one look shows all that
there is to mend. A site with an error never starts.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ivrflow.flow import check
from ivrflow.flow.calendar import Timetable, public_holidays
from ivrflow.flow.explain import build, build_value
from ivrflow.flow.files import Files
from ivrflow.flow.flows import read_flows
from ivrflow.flow.kind import Kind, Named
from ivrflow.flow.kinds import (
    PromptName,
    SourceName,
    SwitchName,
    TimetableName,
)
from ivrflow.flow.site import Site
from ivrflow.flow.site.agents import Agents
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.site.hours import Hours
from ivrflow.flow.site.mailboxes import Mailboxes
from ivrflow.flow.site.numbers import Dialled, Number
from ivrflow.flow.site.queues import Queues
from ivrflow.flow.site.settings import Settings
from ivrflow.flow.site.sounds import Sounds
from ivrflow.flow.site.switches import Switch
from ivrflow.flow.site.wording import Wording
from ivrflow.flow.source import Mark, Problem, Scalar, Severity, Table, place_of
from ivrflow.flow.words import read_prompts

T = TypeVar("T", bound=Named)

__all__ = ["BadSite", "Report", "check_site", "load_site", "read_site"]


class BadSite(Exception):
    """A site that can't start. `problems` are all of them, in the files' order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Report:
    """What there is to say about a site."""

    problems: tuple[Problem, ...]
    """Errors, warnings and notes, in the files' order."""
    site: Site | None
    """The site; None if there is an error."""

    def of(self, severity: Severity) -> list[Problem]:
        return [p for p in self.problems if p.severity is severity]


def load_site(folder: Path) -> Site:
    """Return the site in *folder*; raise `BadSite` with all its errors."""
    report = check_site(folder)
    if report.site is None:
        raise BadSite(report.of(Severity.ERROR))
    return report.site


def check_site(
    folder: Path, *, sounds: Sounds | None = None, today: date | None = None
) -> Report:
    """Read a site and check it. Reads files and takes its time: not for the event loop.

    Places are paths below *folder*. *sounds* are its recordings, if somebody has
    measured them; *today* is for what is wrong from some day on. Raises nothing that a
    file can bring about.
    """
    files = Files(folder)
    if not files.there("site.yaml"):
        message = "there is no site.yaml here; a site is a folder that has one"
        return Report((Problem(Mark("site.yaml", 1, 1), "Y015", message),), None)
    with _without_collecting():
        site = replace(_read(files), sounds=sounds, today=today or date.today())
        problems = {*files.problems, *check.check(site)}
    good = not any(problem.severity is Severity.ERROR for problem in problems)
    return Report(tuple(sorted(problems)), site if good else None)


def read_site(folder: Path) -> Site:
    """Read a site and don't check it: for who measures or draws one that is checked."""
    with _without_collecting():
        return _read(Files(folder))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep Python's collector of cycles away, which would take a third of the time.

    Hardly anything of what is read is thrown away, and it would be looked at again and
    again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(files: Files) -> Site:
    """The site as far as it can be read; what can't is noted in *files*."""
    settings = _settings(files)
    catalogue = read_prompts(files, settings)
    flows = read_flows(files)
    queues = _whole(files, "queues.yaml", Queues)
    agents = _whole(files, "agents.yaml", Agents)
    for name, queue in queues.queues.items():
        queue.named(name)
    numbers = _entries(files, "numbers.yaml", Dialled, Number)
    hours = _entries(files, "hours.yaml", TimetableName, Hours)
    switches = _entries(files, "switches.yaml", SwitchName, Switch)
    wording = _entries(files, "wording.yaml", PromptName, Wording)
    data = _alike(files, _entries(files, "data.yaml", SourceName, DataSource))
    mailboxes = _whole(files, "mailboxes.yaml", Mailboxes)
    for name, box in mailboxes.mailboxes.items():
        box.named(name)
    timetables = {
        name: Timetable(one, ZoneInfo(one.timezone or settings.timezone))
        for name, one in hours.items()
        if _holidays_known(files, one)
    }
    files.strangers()
    return Site(
        folder=files.folder,
        version=files.version,
        settings=settings,
        catalogue=catalogue,
        flows=flows,
        numbers=numbers,
        hours=timetables,
        switches=switches,
        wording=wording,
        data=data,
        queues=queues.queues,
        pauses=queues.pauses,
        ageing=queues.ageing,
        line_order=queues.line_order,
        dispositions=queues.dispositions,
        talk_keys=queues.talk_keys.acts(),
        short_numbers=queues.short_numbers,
        teams=agents.teams,
        agents=agents.agents,
        mailboxes=mailboxes.mailboxes,
        listen_keys=mailboxes.listen_keys.effective,
        written_keys=mailboxes.listen_keys,
        unread=frozenset(files.unread),
        broken={file: frozenset(names) for file, names in files.broken.items()},
    )


def _settings(files: Files) -> Settings:
    raw = files.table("site.yaml")
    settings = None
    if "site.yaml" not in files.unread:
        at = Mark("site.yaml", 1, 1)
        settings = build(Settings, raw, files.problems, what="site.yaml", at=at)
    if settings is None:
        # Anything, so that the other files can be looked at: this site never starts.
        files.unread.add("site.yaml")
        languages = _languages(raw)
        settings = Settings.model_validate({"languages": languages, "timezone": "UTC"})
    return settings


def _languages(raw: Table) -> list[Scalar]:
    """The languages of a broken site.yaml, as far as they can be seen."""
    wanted = raw.get(Scalar("languages"))
    found = [one for one in wanted if one in ("en", "zh-CN")] if wanted else []
    return found or [Scalar("en")]


def _whole(files: Files, file: str, model: type[Any]) -> Any:
    """A file that is one model."""
    raw = files.table(file)
    built = build(model, raw, files.problems, what=file, at=Mark(file, 1, 1))
    if built is None:
        files.unread.add(file)
        return model()
    return built


def _entries(
    files: Files, file: str, name_kind: type[Kind], model: type[T]
) -> dict[Any, T]:
    """A file of named entries; one that is broken leaves the others alone."""
    found: dict[Any, T] = {}
    for key, raw in files.table(file).items():
        name = build_value(
            name_kind, key, files.problems, what=repr(str(key)), at=key.at
        )
        entry = build(model, raw, files.problems, what=repr(str(key)), at=key.at)
        if name is None or entry is None:
            files.lost(file, key)
            continue
        found[name] = entry.named(name)
        if not place_of(entry).line:
            entry._at = key.at
    return found


def _alike(files: Files, data: dict[Any, DataSource]) -> dict[Any, DataSource]:
    """*data*, those that are `like` another entry with what that one gives."""
    whole = {}
    for name, entry in data.items():
        other = data.get(entry.like) if entry.like is not None else None
        if other is not None and other.like is not None:
            message = (
                f"{str(entry.like)!r} is like another one itself; name the one that "
                "has `gives`"
            )
            files.fail(place_of(entry.like), "D002", message)
        elif other is not None:
            entry = entry.model_copy(update={"gives": other.gives})
        whole[name] = entry
    return whole


def _holidays_known(files: Files, hours: Hours) -> bool:
    """False if nobody knows the holidays of the country that a timetable names.

    Asks for the years around today, so that no call waits for the library's import.
    """
    if hours.holidays is None:
        return True
    today = date.today()
    try:
        for year in (today.year - 1, today.year, today.year + 1):
            public_holidays(hours.holidays, year)
    except LookupError:
        message = (
            f"no calendar knows the holidays of {str(hours.holidays)!r}; "
            "list the days under `except:` instead"
        )
        files.fail(hours.holidays.at, "T004", message)
        files.lost("hours.yaml", hours.name)
        return False
    return True
