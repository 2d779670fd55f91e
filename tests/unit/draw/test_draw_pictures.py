"""Pictures of real flows: all is in them, and all of it can be read."""

import json
import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from ivrflow.draw.chart import (
    OVERVIEW,
    SHAPES,
    Box,
    Chart,
    Choice,
    Shape,
    Way,
    chart,
    overview,
)
from ivrflow.draw.dot import dot
from ivrflow.draw.drawing import INSET, LEADING, NAME, SMALL, TEXT, draw, key_room
from ivrflow.draw.layout import Rect
from ivrflow.draw.measure import width, wrap
from ivrflow.draw.mermaid import mermaid
from ivrflow.draw.svg import svg
from ivrflow.flow.graph import edges
from ivrflow.flow.load import load_site
from ivrflow.flow.step import VERBS

TOP = Path(__file__).parents[3]
FILES = sorted(TOP.glob("flows/*/flows/*.yaml"))
FLOWS = [(path.parts[-3], path.stem) for path in FILES]
SITES = sorted({site for site, _ in FLOWS})
SVG = "{http://www.w3.org/2000/svg}"

every_flow = pytest.mark.parametrize(("site", "flow"), FLOWS)
every_language = pytest.mark.parametrize("language", ["en", "zh-CN"])

HOSTILE = """</script><script>alert(1)</script>]]>&"'`--><!--%0a"]; x\\N\x00\u2028"""


@cache
def site_of(name):
    return load_site(TOP / "flows" / name)


@cache
def drawing_of(site, flow, language="en"):
    return draw(chart(site_of(site), site_of(site).flows[flow], language))


def hostile_chart():
    """A chart whose every text is an attack. Names can't be: they are read as words."""
    boxes = {
        ">start": Box(name=">start", shape=Shape.ENTRY, says=HOSTILE),
        "a": Box(
            name="a",
            verb="menu",
            shape=Shape.QUESTION,
            says=HOSTILE,
            notes=(HOSTILE,),
            file="flows/x.yaml",
            line=3,
        ),
        "b": Box(name="b", verb="say", shape=Shape.TALK, file="flows/x.yaml", line=9),
    }
    ways = (
        Way("a", "b", (Choice("1", HOSTILE, "key 1"), Choice("", HOSTILE, "if"))),
        Way("b", "a", (Choice("", HOSTILE, "then"),)),
        Way("b", "return", (Choice("", HOSTILE, "failed"),), special=True),
    )
    return Chart(
        name="x",
        title=HOSTILE,
        file="flows/x.yaml",
        boxes=boxes,
        ways=ways,
        entries={">start": "a"},
    )


# What is in them ----------------------------------------------------------------------


@every_flow
def test_every_step_is_a_box_and_every_way_is_a_line_or_written(site, flow):
    drawing = drawing_of(site, flow)
    nodes = site_of(site).flows[flow].nodes

    assert [d.box.name for d in drawing.boxes if d.box.is_step] == list(nodes)
    shown = {(line.way.start, line.way.end) for line in drawing.lines}
    for drawn in drawing.boxes:
        shown |= {(drawn.box.name, words.leads) for words in drawn.lines if words.leads}
    wanted = {
        (node.name, edge.target)
        for node in nodes.values()
        for edge in edges(site_of(site).flows[flow], node)
    }
    assert shown == wanted | set(drawing.chart.entries.items())


@every_flow
def test_every_step_that_is_reached_hangs_together(site, flow):
    """Whatever is written instead of drawn, a line leads to each step."""
    drawing = drawing_of(site, flow)
    led_to = {line.way.end for line in drawing.lines}

    for drawn in drawing.boxes:
        assert (
            not drawn.box.is_step or not drawn.box.reached or drawn.box.name in led_to
        )


def test_keys_bear_the_phrase_that_is_said():
    lines = drawing_of("hotline", "hotline").lines
    words = {
        line.way.end: line.lines for line in lines if line.way.start == "main_menu"
    }

    assert (words["balance"][0].key, words["balance"][0].text) == (
        "1",
        "For your balance",
    )
    assert (
        "".join(w.text for w in words["complaints"]).count("customer.level >= 2") == 1
    )


def test_the_language_is_chosen():
    text = svg([drawing_of("hotline", "hotline", "zh-CN")])

    assert "查询余额" in text
    assert "For your balance" not in text


def test_a_prompt_shows_the_names_of_its_values():
    assert "Your balance is [amount]" in svg([drawing_of("hotline", "hotline")])


def test_every_verb_has_a_shape():
    assert set(VERBS) == set(SHAPES)


# What can be seen ---------------------------------------------------------------------


@every_language
@every_flow
def test_nothing_lies_on_anything_else_in_a_real_flow(site, flow, language):
    drawing = drawing_of(site, flow, language)
    boxes = [drawn.rect for drawn in drawing.boxes]
    labels = [line.label for line in drawing.lines if line.label]

    for one, two in combinations([*boxes, *labels], 2):
        assert not one.meets(two)
    for line in drawing.lines:
        for (x1, y1), (x2, y2) in pairwise(line.points):
            low, high = min(x1, x2), max(x1, x2)
            stretch = Rect(
                low - 0.1, y1 + 0.1, high - low + 0.2, max(y2 - y1 - 0.2, 0.1)
            )
            assert not any(stretch.meets(box) for box in boxes)
            others = (o.label for o in drawing.lines if o is not line and o.label)
            assert not any(stretch.meets(label) for label in others)


def test_no_line_crosses_another_one_in_the_seven_sites():
    crossed = {
        f"{site}/{flow}": (len(drawing.boxes), drawing.crossed)
        for site, flow in FLOWS
        for drawing in (drawing_of(site, flow),)
    }
    print()
    for name, (boxes, count) in crossed.items():
        print(f"{name}: {boxes} boxes, {count} crossings")
    assert max(boxes for boxes, _ in crossed.values()) >= 40
    assert not any(count for _, count in crossed.values())


@every_language
@every_flow
def test_every_text_fits_into_its_box(site, flow, language):
    sizes = {"says": TEXT}
    for drawn in drawing_of(site, flow, language).boxes:
        if not drawn.box.is_step:
            continue
        head = width(drawn.box.name, NAME, bold=True) + width(drawn.box.verb, SMALL)
        assert head + 2 * INSET <= drawn.rect.width
        for line in drawn.lines:
            size = sizes.get(line.kind, SMALL)
            assert width(line.text, size) + 2 * INSET <= drawn.rect.width + 1
        assert 30 + LEADING * len(drawn.lines) <= drawn.rect.height + 2


@every_flow
def test_every_label_fits_into_its_plate(site, flow):
    for line in drawing_of(site, flow).lines:
        if line.label is not None:
            inset = max(key_room(words) for words in line.lines)
            for words in line.lines:
                assert width(words.text, SMALL) + inset <= line.label.width


# What is written ----------------------------------------------------------------------


@pytest.mark.parametrize("site", SITES)
def test_a_whole_site_is_one_svg_without_anything_from_elsewhere(site):
    found = site_of(site)
    charts = [overview(found, list(found.flows))]
    charts += [chart(found, flow, "en") for flow in found.flows.values()]

    text = svg([draw(one) for one in charts])
    root = ElementTree.fromstring(text)

    assert root.find(f"{SVG}title").text
    assert "leads to" in root.find(f"{SVG}desc").text
    outside = re.findall(r"(?:href|src)=|url\(|@import|<(?:script|image|use)", text)
    assert outside == []
    values = [v for element in root.iter() for v in element.attrib.values()]
    assert not any("://" in value for value in values)


def test_a_hostile_text_stays_a_text():
    text = svg([draw(hostile_chart())])
    root = ElementTree.fromstring(text)

    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "g", "rect", "path", "text"}
    assert "</script>" in " ".join(root.itertext())
    assert "<script" not in text


def test_mermaid_codes_whatever_could_be_read_as_its_own():
    text = mermaid([hostile_chart()], [None])

    _, title, *lines = text.splitlines()
    assert not set(json.loads(title.removeprefix("title: "))) & set("<>&`")
    for line in lines:
        for inside in re.findall(r'"([^"]*)"', line):
            assert not set(inside) & set("<>\"'`[]{}|\\%"), line
    assert "s1 -->" in text


def test_dot_quotes_whatever_could_be_read_as_its_own():
    text = dot([hostile_chart()], [None])

    for line in text.splitlines():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert '"' not in bare, line
        assert "alert" not in bare, line


@pytest.mark.parametrize("write", [mermaid, dot])
def test_a_whole_site_has_its_calls_between_flows(write):
    site = site_of("hotline")
    charts = [chart(site, flow, "en") for flow in site.flows.values()]
    text = write(charts, [None] * len(charts))

    assert text.count("subgraph") == 3
    assert len(re.findall(r"-\.-> s\d+$|style=dotted", text, re.MULTILINE)) == 2


def test_an_overview_shows_who_calls_whom():
    found = overview(site_of("hotline"), ["hotline", "orders", "survey"])

    assert found.name == OVERVIEW
    assert {(way.start, way.end) for way in found.ways} == {
        ("hotline", "orders"),
        ("hotline", "survey"),
    }
    assert found.boxes[">hotline"].says == "12313, 057112313"


def test_a_text_is_broken_at_words_and_between_chinese_characters():
    assert wrap("one two three four", 50, 11, lines=3) == ("one two", "three", "four")
    chinese = wrap("请输入您的电话号码，按井号键结束。", 60, 11, lines=2)
    assert chinese[0] == "请输入您的"
    assert chinese[1].endswith("…")
    assert wrap("", 50, 11, lines=2) == ()
