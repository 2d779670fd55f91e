"""An account as text: for a terminal, with colours, and for everything else, without.

call 1731.17: 13800138000 called 12313, flow hotline, version 4f3a9c17b2d0
2026-03-02 10:00:04, 191 s: ended by the caller in wait_for_agent (cause 16)

+0:00.0  welcome  (say)  flows/hotline.yaml:16  6.1 s
    16 | welcome: {say: welcome}
         says welcome: "..."
      -> language: then
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivrflow.flow.why.account import Account, Happened, StepAccount

Paint = Callable[[str, str], str]
"""A text and what it is (call, step, place, line, way, wrong) -> the text, coloured."""

WRONG = ("StepFailed", "DialRefused")
"""Kinds of what went wrong."""


COLOURS = {
    "call": "1",
    "step": "1;36",
    "place": "2",
    "line": "33",
    "way": "32",
    "wrong": "31",
}
"""What a text is -> how a terminal shows it."""


def plain(text: str, what: str) -> str:
    """No colours."""
    return text


def in_colour(text: str, what: str) -> str:
    """With the colours that every terminal has."""
    code = COLOURS.get(what)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def told(account: Account, paint: Paint = plain) -> Iterator[str]:
    """The account, line by line."""
    caller = account.caller or "a withheld number"
    head = f"call {account.call}: {caller} called {account.dialled}"
    yield paint(_visible(head), "call") + (
        f", flow {account.flow}, version {account.version}"
    )
    yield f"{account.started:%Y-%m-%d %H:%M:%S}, {_end(account)}"
    if not account.version_known:
        yield paint(
            f"the texts of version {account.version} are not in the database: "
            "no lines of it can be shown",
            "wrong",
        )
    yield ""
    first = account.steps[0].at if account.steps else 0.0
    before = [one for one in account.around if one.at <= first and account.steps]
    after = [one for one in account.around if one not in before]
    yield from (_event(one, paint) for one in before)
    for step in account.steps:
        yield from _step(step, paint)
    if after and account.steps:
        yield paint("afterwards", "step")
    if after:
        yield from (_event(one, paint) for one in after)


def _end(account: Account) -> str:
    if account.ended_by is None or account.seconds is None:
        return "still up"
    who = {
        "caller": "the caller",
        "flow": "the flow",
        "fault": "a fault of ours",
        "operator": "an operator",
    }
    by = who.get(account.ended_by, account.ended_by)
    where = f" in {account.ended_in}" if account.ended_in else ""
    return f"{account.seconds:.0f} s: ended by {by}{where} (cause {account.cause})"


def _step(step: StepAccount, paint: Paint) -> Iterator[str]:
    took = "it is there now" if step.seconds is None else f"{step.seconds:.1f} s"
    where = f"({step.verb})  {step.place}  {took}"
    yield f"{_clock(step.at)}  {paint(step.step, 'step')}  {paint(where, 'place')}"
    if step.line:
        number = step.place.rpartition(":")[2]
        yield paint(f"{number:>6} | ", "place") + paint(_visible(step.line), "line")
    for one in step.happened:
        yield _event(one, paint)
        if one.line and one.place != step.place:
            file, _, number = one.place.rpartition(":")
            # Mostly the same file: its name would only be in the way.
            name = "" if step.place.startswith(f"{file}:") else f"  {file}"
            line = paint(_visible(one.line), "line")
            yield paint(f"{number:>6} | ", "place") + line + paint(name, "place")


def _event(one: Happened, paint: Paint) -> str:
    if one.kind == "Decided":
        return " " * 7 + paint(_visible(one.words), "way")
    if one.kind in WRONG:
        return " " * 9 + paint(_visible(one.words), "wrong")
    return " " * 9 + _visible(one.words)


def _clock(at: float) -> str:
    minutes, seconds = divmod(max(0.0, at), 60)
    return f"+{int(minutes)}:{seconds:04.1f}"


def _visible(text: str) -> str:
    """*text* without signs that a terminal obeys: a caller may choose his number."""
    return "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
