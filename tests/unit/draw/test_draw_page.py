"""The page: what stands in it, and that it does what it promises in a browser."""

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ivrflow.draw.chart import chart, overview
from ivrflow.draw.drawing import draw
from ivrflow.draw.html import Page, excerpt, html
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import load_site
from tests.browser import CHROMIUM, browser
from tests.unit.draw.test_draw_pictures import HOSTILE, hostile_chart

HOTLINE = Path(__file__).parents[3] / "flows/hotline"


@cache
def hotline_page():
    site = load_site(HOTLINE)
    charts = [overview(site, list(site.flows))]
    charts += [chart(site, flow, "en") for flow in site.flows.values()]
    about = Page(title="Hotline", language="en", texts=read_texts(HOTLINE))
    return html([draw(one) for one in charts], [None] * len(charts), about)


def hostile_page():
    texts = {"flows/x.yaml": f"steps:\n\n  a:\n    menu: {HOSTILE}\n\n  b: {HOSTILE}\n"}
    about = Page(
        title=HOSTILE, language="en", texts=texts, note=HOSTILE, warning=HOSTILE
    )
    return html([draw(hostile_chart())], [None], about)


class Elements(HTMLParser):
    """Every element with its attributes, and what stands in scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.inside = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.found and self.found[-1][0] in ("script", "style"):
            self.inside.append((self.found[-1], data))


def steps_of(text):
    found = re.search(r'id="steps">(.*?)</script>', text, re.DOTALL)
    return {(step["flow"], step["step"]): step for step in json.loads(found[1])}


# What stands in it --------------------------------------------------------------------


@pytest.mark.parametrize("page", [hotline_page, hostile_page])
def test_only_our_own_style_and_script_may_run(page):
    elements = Elements(page())
    policy = next(
        attributes["content"]
        for tag, attributes in elements.found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    hashes = {
        tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for (tag, attributes), text in elements.inside
        if attributes.get("type") != "application/json"
        if len(text) > 2
    }

    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{hashes['style']}';" in policy
    assert f"script-src 'sha256-{hashes['script']}';" in policy
    assert "unsafe" not in policy
    for tag, attributes in elements.found:
        assert not {"src", "href", "style", "srcdoc"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag


def test_hostile_texts_stay_texts():
    elements = Elements(hostile_page())

    assert [tag for tag, _ in elements.found].count("script") == 2
    step = steps_of(hostile_page())["x", "a"]
    assert "</script><script>alert(1)" in step["says"]


def test_each_step_has_its_lines_of_the_file():
    steps = steps_of(hotline_page())

    assert steps["hotline", "complaints"]["yaml"] == [
        "complaints:",
        "  set: {topic: complaint}",
        "  then: agent",
    ]
    assert steps["hotline", "complaints"]["file"] == "flows/hotline.yaml"
    lines = (HOTLINE / "flows/hotline.yaml").read_text("utf-8").split("\n")
    assert lines[steps["hotline", "complaints"]["line"] - 1] == "  complaints:"
    assert steps["hotline", "note_call"]["yaml"][-1].startswith("  log:")


def test_an_excerpt_ends_before_what_does_not_belong_to_the_step():
    text = "steps:\n  a:\n    say: x\n\n  # about b\n  b:\n    say: y\nafter: 1\n"

    assert excerpt(text, 2, 6) == ["a:", "  say: x"]
    assert excerpt(text, 6, 0) == ["b:", "  say: y"]
    assert excerpt(text, 99, 0) == []


# What it does -------------------------------------------------------------------------


@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")
async def test_the_page_searches_folds_and_shows_the_lines(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(hotline_page(), "utf-8")
    async with browser(tmp_path / "browser") as page:
        await page.open(path.as_uri())
        await page.run(
            """
            globalThis.box = (flow, name) => document.querySelector(
              `[data-flow="${flow}"] .step[data-step="${name}"]`);
            globalThis.click = (node) =>
              node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
            globalThis.shown = () => [...document.querySelectorAll(
              '[data-flow="hotline"] .step:not([hidden])')].map((g) => g.dataset.step);
            globalThis.type = (text) => {
              const field = document.getElementById("search");
              field.value = text;
              field.dispatchEvent(new Event("input"));
            };
            globalThis.high = () => Number(document.querySelector(
              '[data-flow="hotline"] svg').getAttribute("height"));
            """
        )

        # A click shows the lines of the step.
        await page.run("click(box('hotline', 'main_menu'))")
        told = await page.run("document.querySelector('aside').innerText")
        assert "flows/hotline.yaml:38" in told
        assert "3: {then: complaints, if: customer.level >= 2}" in told

        # Search counts, and Enter goes from one to the next.
        await page.run("type('district')")
        assert (
            await page.run("document.getElementById('found').textContent") == "1 step"
        )
        await page.run("next(1)")
        chosen = await page.run("document.querySelector('.chosen').dataset.step")
        assert chosen == "wait_for_agent"
        await page.run("type('')")

        # Folding hides what only this step leads to, and closes the gap.
        before, tall = await page.run("shown()"), await page.run("high()")
        await page.run("click(box('hotline', 'agent').querySelector('.handle'))")
        after = await page.run("shown()")
        gone = set(before) - set(after)
        assert {"wait_for_agent", "closed", "nobody_free", "leave_message"} <= gone
        assert "agent" in after
        assert await page.run("high()") < tall - 300
        # What is written as the way to a folded step unfolds it.
        await page.run("click(document.querySelector('#unfold'))")
        assert await page.run("shown()") == before
        assert await page.run("high()") == tall

        # The address leads to the step, also for whoever gets it.
        address = await page.run("location.href")
        await page.open("about:blank")
        await page.open(address)
        chosen = await page.run("document.querySelector('.chosen').dataset.step")
        assert address.endswith(f"#hotline%2F{chosen}")
        assert page.errors == []


@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")
async def test_a_browser_runs_nothing_hostile_and_every_text_fits(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(hostile_page(), "utf-8")
    good = tmp_path / "good.html"
    good.write_text(hotline_page(), "utf-8")
    async with browser(tmp_path / "browser") as page:
        await page.open(path.as_uri())
        await page.run("choose(pictures[0], 'a')")
        assert await page.run("document.scripts.length") == 2
        assert "alert(1)" in await page.run("document.querySelector('aside').innerText")
        assert page.errors == []

        await page.open(good.as_uri() + "#%zz")
        assert page.errors == [], "what follows # may be anybody's"
        # Measured with the fonts of this machine, which are wider than most.
        wide = await page.run(
            """[...document.querySelectorAll("svg .step")].flatMap((group) => {
              const width = Number(group.dataset.rect.split(",")[2]);
              return [...group.querySelectorAll(":scope > text")].map((text) => {
                const box = text.getBBox();
                return [text.textContent, box.x, box.x + box.width - width];
              });
            }).filter(([, left, over]) => left < 0 || over > 0)"""
        )
        assert wide == []
