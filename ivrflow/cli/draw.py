"""`ivrflow draw`: a picture of a flow, with the traffic of past calls on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ivrflow.cli.archive import Archive, folder_of
from ivrflow.cli.installed import config_option, now

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.traffic import Traffic

FORMATS = {"svg": "svg", "mmd": "mermaid", "dot": "dot", "gv": "dot", "html": "html"}
"""Ending of a file -> what is written into it."""

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M"])


@click.command()
@click.argument("where", metavar="[SITE] [FLOW]", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file: .svg, .mmd, .dot or .html.  [default: printed]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "mermaid", "dot", "html"]),
    help="What is written.  [default: as the file's name ends, else svg]",
)
@click.option("--all", "whole", is_flag=True, help="All flows of the site.")
@click.option(
    "--language", help="Whose prompts are shown.  [default: the site's first]"
)
@click.option(
    "--vscode", is_flag=True, help="In a page: link each step to its line in VS Code."
)
@click.option(
    "--calls", "last", metavar="TIME", help="Paint the calls of the last 7d, 12h, 30m."
)
@click.option(
    "--from",
    "since",
    type=MOMENT,
    metavar="DATE",
    help='Paint the calls from then on: 2026-03-02, or "2026-03-02 09:00".',
)
@click.option(
    "--to", "until", type=MOMENT, metavar="DATE", help="Paint the calls before then."
)
@click.option(
    "--version",
    help="Draw this version of the site, and paint only the calls that ran it.",
)
@config_option
@click.option(
    "--database",
    envvar="IVRFLOW_DATABASE",
    metavar="URL",
    help="The database with the calls.  [default: that of the settings; env: "
    "IVRFLOW_DATABASE]",
)
@click.pass_context
def draw(
    context: click.Context,
    where: tuple[str, ...],
    output: Path | None,
    form: str | None,
    whole: bool,
    language: str | None,
    vscode: bool,
    last: str | None,
    since: datetime | None,
    until: datetime | None,
    version: str | None,
    config: Path,
    database: str | None,
) -> None:
    """Draw FLOW of the site in the folder SITE.

    SITE may be left out in a site's folder, and FLOW where one number leads to one
    flow. A page (.html) holds the flows that FLOW calls too, and needs no other file;
    it can be searched, its branches fold, and a click on a step shows its YAML.

    With --calls, or --from and --to (in the site's time zone), each step shows how
    often calls came to it, which share hung up there, and how long they stayed; lines
    are as thick as calls were many, and steps the redder the more hung up. The database
    is only read; the service may be running.

    Exit status: 0 if it is drawn, 1 if the calls could not be read, 2 if the site has
    errors or there is no such flow.
    """
    form = _format(output, form)
    if vscode and form != "html":
        raise click.UsageError("--vscode is for a page: -o FLOW.html")
    painted = last is not None or since is not None or until is not None
    if context.get_parameter_source("config") is ParameterSource.COMMANDLINE:
        database = None  # what was said last and most plainly counts
    archive = Archive(config, database)
    folder, flow = _where(where, given=version is not None)
    with folder_of(version, folder, archive) as (folder, version):
        site = _load(folder)
        names = _names(site, flow, whole, form)
        language = _language(site, language)
        traffic = None
        if painted or version:
            span = _span(site, last, since, until) if painted else (0.0, now())
            traffic = archive.traffic(*span, version)
        warnings = list(_warnings(site, names, traffic))
        for line in warnings:
            click.echo(f"warning: {line}", err=True)
        # The folder of an older version is gone when somebody clicks.
        links = vscode and version is None
        job = _Job(site, names, language, traffic, links, warnings)
        text = _drawn(form, job)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None
    flows = f"{len(names)} flow{'s' if len(names) != 1 else ''}"
    calls = f", {_calls(traffic.calls)}" if traffic else ""
    click.echo(f"{output}: {flows}{calls}")


@dataclass(frozen=True)
class _Job:
    """What is drawn, whatever it is written as."""

    site: Site
    names: Sequence[str]
    language: str
    traffic: Traffic | None
    vscode: bool
    warnings: Sequence[str]

    @property
    def note(self) -> str:
        """Which calls are painted, in words."""
        if self.traffic is None:
            return ""
        zone = self.site.settings.zone
        ends = (self.traffic.since, self.traffic.until)
        since, until = (datetime.fromtimestamp(at, zone) for at in ends)
        pattern = "%Y-%m-%d %H:%M"
        calls = _calls(self.traffic.calls)
        if not self.traffic.since:
            return f"{calls}, all before {until:{pattern}}"
        return f"{calls} from {since:{pattern}} to {until:{pattern}}"


def _calls(count: int) -> str:
    return f"{count:,} call{'s' if count != 1 else ''}"


def _drawn(form: str, job: _Job) -> str:
    """The picture as text."""
    from ivrflow.draw.chart import chart, overview
    from ivrflow.draw.dot import dot
    from ivrflow.draw.drawing import draw as lay
    from ivrflow.draw.html import Page, html
    from ivrflow.draw.mermaid import mermaid
    from ivrflow.draw.paint import Paint
    from ivrflow.draw.svg import svg
    from ivrflow.flow.folder import read_texts
    from ivrflow.flow.site.settings import title_in

    site, traffic = job.site, job.traffic
    charts = [chart(site, site.flows[name], job.language) for name in job.names]
    paints = [Paint(one, traffic) if traffic else None for one in charts]
    if form == "mermaid":
        return mermaid(charts, paints)
    if form == "dot":
        return dot(charts, paints)
    if len(charts) > 1:
        charts.insert(0, overview(site, job.names))
        paints.insert(0, None)
    drawings = [lay(one, paint) for one, paint in zip(charts, paints, strict=True)]
    if form == "svg":
        return svg(drawings, note=job.note)
    first = charts[0].title or charts[0].name
    page = Page(
        title=title_in(site.settings.title, job.language, first),
        language=job.language,
        texts=read_texts(site.folder),
        note=job.note,
        warning="; ".join(job.warnings),
        folder=site.folder.resolve() if job.vscode else None,
    )
    return html(drawings, paints, page)


# What is wanted -----------------------------------------------------------------------


def _format(output: Path | None, form: str | None) -> str:
    if form is not None:
        return form
    if output is None:
        return "svg"
    known = FORMATS.get(output.suffix.lstrip(".").lower())
    if known is None:
        endings = ", ".join(f".{ending}" for ending in FORMATS)
        raise click.UsageError(
            f"{output.name}: nobody knows what to write into it; end its name with "
            f"one of {endings}, or give --format"
        )
    return known


def _where(words: tuple[str, ...], *, given: bool) -> tuple[Path, str | None]:
    """The site's folder, and the flow if one is named.

    *given*: the site is in the database, so the words may name a flow alone.
    """
    if len(words) > 2:
        raise click.UsageError("only a site's folder and a flow can be named")
    if len(words) == 2:
        return Path(words[0]), words[1]
    if len(words) == 1:
        folder = Path(words[0])
        if (folder / "site.yaml").is_file():
            return folder, None
        if given or Path("site.yaml").is_file():
            return Path(), words[0]
        return folder, None
    return Path(), None


def _load(folder: Path) -> Site:
    from ivrflow.flow.load import BadSite, load_site

    try:
        return load_site(folder)
    except BadSite as bad:
        click.echo(f"{bad}\nthe site has errors; mend them first", err=True)
        raise SystemExit(2) from None


def _names(site: Site, flow: str | None, whole: bool, form: str) -> list[str]:
    """The flows to draw, those that numbers lead to first."""
    from ivrflow.draw.chart import called_by

    led_to = dict.fromkeys(
        str(number.flow)
        for number in site.numbers.values()
        if number.flow and str(number.flow) in site.flows
    )
    if whole:
        if flow is not None:
            raise click.UsageError("name a flow, or say --all")
        return list(dict.fromkeys((*led_to, *site.flows)))
    if flow is None:
        if len(led_to) != 1 and len(site.flows) != 1:
            there = ", ".join(site.flows)
            raise click.UsageError(f"which flow? There are: {there}; or say --all")
        flow = next(iter(led_to if len(led_to) == 1 else site.flows))
    if flow not in site.flows:
        from ivrflow.flow.kinds import did_you_mean

        there = (
            did_you_mean(flow, site.flows) or f"; there are: {', '.join(site.flows)}"
        )
        raise click.UsageError(f"there is no flow {flow!r}{there}")
    return called_by(site, flow) if form == "html" else [flow]


def _language(site: Site, language: str | None) -> str:
    there = site.catalogue.languages
    if language is not None and language not in there:
        raise click.UsageError(
            f"the site does not speak {language!r}, but {', '.join(there)}"
        )
    return language or there[0]


# Past calls ---------------------------------------------------------------------------


def _span(
    site: Site, last: str | None, since: datetime | None, until: datetime | None
) -> tuple[float, float]:
    """From when to when, in seconds since 1970."""
    from pydantic_core import PydanticCustomError

    from ivrflow.flow.kinds import Duration
    from ivrflow.flow.source import Scalar

    zone = site.settings.zone
    end = until.replace(tzinfo=zone).timestamp() if until else now()
    if last is not None:
        if since is not None:
            raise click.UsageError("--calls and --from are two ways to say one thing")
        try:
            begin = end - float(Duration.read(Scalar(last)))
        except PydanticCustomError as bad:
            raise click.BadParameter(str(bad), param_hint="--calls") from None
    else:
        begin = since.replace(tzinfo=zone).timestamp() if since else 0.0
    begin = max(begin, 0.0)  # there is no call before 1970, and no date before year 1
    if begin >= end:
        raise click.UsageError("--from must be before --to")
    return begin, end


def _warnings(
    site: Site, names: Sequence[str], traffic: Traffic | None
) -> Iterator[str]:
    """What keeps the painted calls from being those of the drawn flows."""
    if traffic is None:
        return
    if not traffic.calls:
        yield "there are no calls in that time"
    others = {v: n for v, n in traffic.versions.items() if v != site.version}
    if others:
        listed = ", ".join(
            f"{version} ({n:,})" for version, n in sorted(others.items())
        )
        yield (
            f"{sum(others.values()):,} of {traffic.calls:,} calls ran other versions "
            f"than the drawn {site.version}: {listed}; --version draws one of them"
        )
    gone = {
        (flow, step): visits
        for (flow, step), visits in traffic.unknown(
            {name: flow.nodes for name, flow in site.flows.items()}
        ).items()
        if flow in names or flow not in site.flows
    }
    if gone:
        listed = ", ".join(f"{flow}.{step} ({n:,})" for (flow, step), n in gone.items())
        yield f"steps that are not there any more were visited: {listed}"
