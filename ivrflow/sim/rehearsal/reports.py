"""What machines read about talks: JUnit's XML, JSON, annotations of a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from ivrflow.flow.source import Mark, Problem
from ivrflow.sim.rehearsal.coverage import Count, Coverage
from ivrflow.sim.rehearsal.verdict import Failure, Verdict, told

Shown = Callable[[str], str]
"""A file as a site calls it -> as whoever reads the report finds it."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(
    suites: Sequence[tuple[str, Sequence[Verdict], Sequence[Problem]]],
) -> bytes:
    """The talks of several sites, as CI servers read them.

    A site is a suite, a talk is a case, its class is its file. What is wrong in a test
    file is a case with an error: the talk that stands there was not run.
    """
    root = ElementTree.Element("testsuites")
    for name, verdicts, problems in suites:
        suite = ElementTree.SubElement(root, "testsuite", name=_xml(name))
        suite.set("tests", str(len(verdicts) + len(problems)))
        suite.set("failures", str(sum(bool(v.failures) for v in verdicts)))
        suite.set("errors", str(len(problems)))
        suite.set("skipped", str(sum(bool(v.later) for v in verdicts)))
        suite.set("time", f"{sum(v.seconds for v in verdicts):.3f}")
        for problem in problems:
            at = problem.at
            case = ElementTree.SubElement(suite, "testcase", name=problem.code)
            case.set("classname", _xml(at.file))
            case.set("file", _xml(at.file))
            case.set("line", str(at.line))
            ElementTree.SubElement(case, "error", message=_xml(problem.message))
        for verdict in verdicts:
            talk = verdict.talk
            case = ElementTree.SubElement(suite, "testcase", name=_xml(talk.name))
            case.set("classname", _xml(talk.at.file))
            case.set("file", _xml(talk.at.file))
            case.set("line", str(talk.at.line))
            case.set("time", f"{verdict.seconds:.3f}")
            if verdict.later:
                why = f"needs {', '.join(verdict.later)}, not built yet"
                ElementTree.SubElement(case, "skipped", message=_xml(why))
            elif verdict.failures:
                why = f"expected: {verdict.failures[0].expected}"
                failure = ElementTree.SubElement(case, "failure", message=_xml(why))
                failure.text = _xml("\n".join(told(verdict)))
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written


def _xml(text: str) -> str:
    """*text* without the signs that no XML may hold."""
    return _NO_XML.sub("?", text)


def verdict_as_data(verdict: Verdict, shown: Shown) -> dict[str, Any]:
    """A verdict for JSON."""
    talk = verdict.talk
    return {
        "talk": talk.name,
        "file": shown(talk.at.file),
        "line": talk.at.line,
        "result": _result(verdict),
        "seconds": round(verdict.seconds, 4),
        "failures": [
            {
                "file": shown(one.at.file),
                "line": one.at.line,
                "expected": one.expected,
                "instead": one.instead,
                "flow_at": one.flow_at,
            }
            for one in verdict.failures
        ],
        **({"needs": list(verdict.later)} if verdict.later else {}),
        **({"story": list(verdict.story)} if verdict.failures else {}),
    }


def _result(verdict: Verdict) -> str:
    if verdict.later:
        return "not run"
    return "passed" if verdict.passed else "failed"


def coverage_as_data(coverage: Coverage, shown: Shown) -> dict[str, Any]:
    """Coverage for JSON."""
    return {
        **_counts(coverage, ""),
        "flows": {name: _counts(coverage, name) for name in coverage.flows},
        "missing": [
            {
                "file": shown(way.at.file),
                "line": way.at.line,
                "flow": way.flow,
                "what": way.name,
            }
            for way in coverage.missing()
        ],
    }


def _counts(coverage: Coverage, flow: str) -> dict[str, Any]:
    def pair(count: Count) -> list[int]:
        return [count.hit, count.all]

    return {
        "percent": round(coverage.total(flow).percent, 1),
        "steps": pair(coverage.steps(flow)),
        "outcomes": pair(coverage.outcomes(flow)),
    }


def as_annotations(verdict: Verdict, shown: Shown) -> Iterator[str]:
    """Workflow commands of GitHub, one for each failure."""
    for failure in verdict.failures:
        told = _sentence(failure)
        yield annotation(failure.at, shown, f"talk: {verdict.talk.name}", told)


def annotation(at: Mark, shown: Shown, title: str, message: str) -> str:
    """One workflow command: https://docs.github.com/actions, "Workflow commands"."""
    # Percent and line ends would end the command, or begin another one; in a property
    # so would a comma and a colon.
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message, title = message.replace(sign, code), title.replace(sign, code)
    title = title.replace(":", "%3A").replace(",", "%2C")
    return f"::error file={shown(at.file)},line={at.line},title={title}::{message}"


def _sentence(failure: Failure) -> str:
    told = f"expected: {failure.expected}"
    if failure.instead:
        told += f"; instead: {failure.instead}"
    if failure.flow_at:
        told += f"; the call was at {failure.flow_at}"
    return told


def table(coverage: Coverage, shown: Shown) -> Iterator[str]:
    """Coverage as lines: a row a flow, the total, then what is missing."""
    names = [*coverage.flows, "total"]
    width = max(map(len, names))
    yield f"{'flow':<{width}}  {'steps':>9}  {'outcomes':>9}  {'covered':>8}"
    for name in names:
        flow = "" if name == "total" else name
        counts = f"{coverage.steps(flow)!s:>9}  {coverage.outcomes(flow)!s:>9}"
        yield f"{name:<{width}}  {counts}  {coverage.total(flow).percent:>6.1f} %"
    missing = coverage.missing()
    if missing:
        yield "no talk goes through:"
    for way in missing:
        kind = "step " if way.is_step else ""
        yield f"  {shown(way.at.file)}:{way.at.line}: {kind}{way.name}"
