"""What the commands for changes of the site have in common: they ask the service.

It alone changes words and hours: it knows which calls are up, checks what is to come,
and ends it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from ivrflow.cli.installed import NoService, ask_service, who
from ivrflow.config import Settings

F = TypeVar("F", bound=Callable[..., Any])


WITHOUT = "without it, change the site's files, which it takes when it starts"


def end_options(command: F) -> F:
    """Give *command* arguments `lasts` and `until`."""
    lasts = click.option(
        "--for", "lasts", metavar="DURATION", help="For how long, as 30m, 2h or 3d."
    )
    until = click.option(
        "--until",
        metavar="TIME",
        help='Until when, by the site\'s clock: "2026-12-24 18:00", or a date, which '
        "lasts to its end.",
    )
    return lasts(until(command))


def asked(
    settings: Settings,
    method: str,
    path: tuple[str, ...],
    *,
    without: str | None = None,
    **body: Any,
) -> dict[str, Any]:
    """Ask the service and return what it says; what it refuses ends the command.

    *without* is what to do while it does not run, if not to change the files. What is
    None in *body* is left out.
    """
    url = "/".join(quote(part, safe="") for part in ("api", *path))
    given = {k: v for k, v in body.items() if v is not None}
    if method != "GET":
        given["by"] = who()
    try:
        answer = ask_service(settings, f"/{url}", given or None, method=method)
    except NoService as away:
        raise click.ClickException(
            f"the service was not reached: {away}.\n"
            f"It must run for this; {without or WITHOUT}."
        ) from None
    if answer.status != 200:
        raise click.ClickException(why_not(answer.body, answer.status))
    return answer.body


def ending(lasts: str | None, until: str | None) -> dict[str, str | None]:
    """The end that the options ask for, as a request says it."""
    if lasts and until:
        raise click.UsageError("--for or --until, not both")
    return {"for": lasts, "until": until}


def end_told(until: str | None) -> str:
    """An end, or that there is none, in words."""
    return f"until {clock(until)}" if until else "until it is changed again"


def clock(at: str) -> str:
    """A time of the API as the other commands print it."""
    return at.replace("T", " ")


def tested(answer: dict[str, Any]) -> str:
    """What was looked at before it went live."""
    talks = answer["talks"]["passed"]
    if answer["version"] == answer["was"]:
        return f"version {answer['version']} stays"
    return f"version {answer['version']} is live, {talks} talks passed"


def changed(one: dict[str, Any] | None) -> str:
    """Who changed it, and its end; "" for what is as a person wrote it."""
    if one is None:
        return ""
    return f"  (changed by {one['by']}, {end_told(one['until'])})"


def why_not(body: dict[str, Any], status: int) -> str:
    """What the service says of a request that it refused, all problems included."""
    problems = (
        f"{p['file']}:{p['line']}:{p['column']}: {p['code']} {p['message']}"
        for p in body.get("problems", ())
    )
    return "\n".join([body.get("error", f"{status}"), *problems])
