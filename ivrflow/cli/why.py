"""`ivrflow why`: why a past call went as it did, and a test made of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ivrflow.cli.installed import (
    config_option,
    local,
    now,
    settings_in,
    with_database,
)
from ivrflow.config import Settings

if TYPE_CHECKING:
    from ivrflow.db.history import CallRecord
    from ivrflow.db.past import Past
    from ivrflow.facts import Fact
    from ivrflow.flow.site import Site
    from ivrflow.flow.versions import Texts
    from ivrflow.flow.why.account import Account, Wording

T = TypeVar("T")

LISTED = 20
"""Calls that are listed at most where several could be meant."""


@click.command()
@click.argument("call", required=False)
@config_option
@click.option("--last", is_flag=True, help="The newest of the calls that are meant.")
@click.option("--caller", help="A call of this number; `withheld` for one without.")
@click.option("--today", is_flag=True, help="A call that began today.")
@click.option("--json", "as_json", is_flag=True, help="The whole account as JSON.")
@click.option(
    "--language",
    metavar="LANG",
    help="What was said, as the prompts of that language word it: `en`, `zh-CN`.",
)
@click.option(
    "--save",
    "to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Make it a test: tests/NAME.test.yaml in the site's folder.",
)
def why(
    call: str | None,
    config: Path,
    last: bool,
    caller: str | None,
    today: bool,
    as_json: bool,
    language: str | None,
    to: Path | None,
) -> None:
    """Tell why CALL went as it did, decision by decision.

    CALL is the call's id, or its beginning; the log, the API and `--last` have it. With
    each decision stands the line that made it, in the version that the call ran,
    whatever the files say today. A call that is still up is told as far as it has come.

    With --save it becomes a test, with made-up keys in the place of secrets and what
    the data said then. The test is run at once.

    Exit status: 0; 1 if there is no such call, several could be meant, or the test that
    was saved does not pass.
    """
    settings = settings_in(config)
    since = _midnight() if today else 0.0
    if call is None and not (last or caller is not None or today):
        raise click.UsageError("which call? Give its id, or --last, --caller, --today")
    found = _with(settings, lambda past: _meant(past, call, caller, since))
    one = _the_one(found, newest=last, call=call)
    facts, texts = _with(settings, lambda past: _read(past, one))
    if to is not None:
        _save(settings, one, facts, to)
        return
    account = _account(facts, texts, language)
    if as_json:
        click.echo(json.dumps(account.plain(), ensure_ascii=False, default=str))
        return
    from ivrflow.flow.why.told import in_colour, told

    # click takes the colours out again where nobody sees them.
    for line in told(account, in_colour):
        click.echo(line)


def _with(settings: Settings, work: Callable[[Past], Awaitable[T]]) -> T:
    from ivrflow.db.past import Past

    return with_database(settings, lambda database: work(Past(database)))


async def _meant(
    past: Past, call: str | None, caller: str | None, since: float
) -> list[CallRecord]:
    """The calls that could be meant, the newest first."""
    number = "" if caller == "withheld" else caller
    if call is None:
        return await past.of_caller(number, since=since, limit=LISTED)
    found = await past.matching(call)
    return [
        one for one in found if one.started >= since and number in (None, one.caller)
    ]


def _the_one(
    found: Sequence[CallRecord], *, newest: bool, call: str | None
) -> CallRecord:
    """The call that is meant; if that is not clear, the command ends with a list."""
    if not found:
        which = f"whose id begins with {call!r}" if call else "of that kind"
        raise click.ClickException(
            f"no call {which} is recorded; `ivrflow why --last` tells the newest one"
        )
    if len(found) == 1 or newest:
        return max(found, key=lambda one: one.started)
    click.echo("several calls could be meant; give more of the id, or --last:")
    for one in found:
        how = f"ended by {one.by} in {one.last_step or '-'}" if one.by else "still up"
        caller = one.caller or "withheld"
        click.echo(f"{one.id:<24} {local(one.started)}  {caller:<16} {one.flow}  {how}")
    raise SystemExit(1)


async def _read(past: Past, call: CallRecord) -> tuple[list[Fact], Texts | None]:
    return await past.facts(call), await past.texts(call)


def _account(
    facts: Sequence[Fact], texts: Texts | None, language: str | None
) -> Account:
    from ivrflow.flow.why.account import account_of

    if language is None:
        return account_of(facts, texts)
    if texts is None:
        raise click.ClickException(
            "the version that the call ran is not in the database any more, so its "
            "prompts in other languages are not known; leave --language out"
        )
    with tempfile.TemporaryDirectory() as folder:
        return account_of(facts, texts, wording=_wording(Path(folder), texts, language))


def _wording(folder: Path, texts: Texts, language: str) -> Wording:
    """The words of that version's prompts in *language*, values as `${...}`."""
    from ivrflow.flow.folder import write_texts
    from ivrflow.flow.load import BadSite, load_site

    write_texts(folder, texts)
    try:
        site = load_site(folder)
    except BadSite as bad:
        raise click.ClickException(
            f"this program can't read the version that the call ran: {bad}"
        ) from None
    if language not in site.settings.languages:
        there = ", ".join(site.settings.languages)
        raise click.UsageError(f"the site speaks {there}, and not {language!r}")
    catalogue = site.catalogue

    def words(prompt: str) -> str:
        name, _, variant = prompt.partition(".")
        if not catalogue.has(name):
            return ""
        for path, text in catalogue.texts(name, language):
            if str(path[0]) == (variant or "first"):
                return text.text
        return ""

    return words


def _save(
    settings: Settings, call: CallRecord, facts: Sequence[Fact], to: Path
) -> None:
    from ivrflow.sim.rehearsal.save import save
    from ivrflow.sim.rehearsal.write import CannotWrite

    site = _site(settings)
    other = "" if site.version == call.version else f", now {site.version}"
    try:
        saved = save(
            site,
            facts,
            to,
            saved_by=f"made of a call by `ivrflow why`; version {call.version}{other}",
        )
    except (CannotWrite, OSError) as error:
        raise click.ClickException(f"no test can be made: {error}") from None
    click.echo("\n".join(saved.told()))
    if other:
        click.echo(
            f"  the call ran version {call.version}; the files are {site.version} now, "
            "so the test tells what has changed for such a call"
        )
    if not saved.good:
        raise SystemExit(1)


def _site(settings: Settings) -> Site:
    from ivrflow.flow.load import BadSite, load_site

    try:
        return load_site(settings.path(settings.site))
    except BadSite as bad:
        raise click.ClickException(f"the site has errors:\n{bad}") from None


def _midnight() -> float:
    """When today began, by the machine's clock."""
    today = datetime.fromtimestamp(now()).date()
    return datetime(today.year, today.month, today.day).timestamp()
