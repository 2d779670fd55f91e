"""Draws the sample hotline: docs/hotline.svg, the picture in the README.

    python tools/draw_hotline.py

Where each step stands is decided here by hand, so that lines cross nothing and the
picture reads from top to bottom. Which steps there are and where they lead is the
flow's business: `tests/unit/test_docs.py` compares, and fails when the flow has gone on
and the picture has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

PICTURE = Path(__file__).parent.parent / "docs" / "hotline.svg"
WIDTH, HEIGHT = 1044, 1044
LINE = 20
"""From line to line."""

TALK, DATA, PEOPLE, MESSAGE, END = "talk", "data", "people", "message", "end"
"""What a step is about; it gives the box its colour."""

STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; fill: #24292f }
  .name { font-weight: 600; font-size: 12.5px }
  .title { font-weight: 600; font-size: 17px }
  .verb, .note, .label { font-size: 11px; fill: #57606a }
  .label { stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round;
    paint-order: stroke }
  .key { font-weight: 700 }
  .card { fill: #ffffff; stroke: #d0d7de }
  .box { stroke-width: 1.2 }
  .talk { fill: #ddf4ff; stroke: #54aeff }
  .data { fill: #fbefff; stroke: #c297ff }
  .people { fill: #dafbe1; stroke: #4ac26b }
  .message { fill: #fff8c5; stroke: #d4a72c }
  .end { fill: #f6f8fa; stroke: #8c959f }
  .aside { fill: none; stroke: #8c959f; stroke-dasharray: 4 4 }
  .line { fill: none; stroke: #6e7781; stroke-width: 1.4; stroke-linejoin: round }
  .tip { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .verb, .note, .label { fill: #9da7b3 }
    .label { stroke: #0d1117 }
    .card { fill: #0d1117; stroke: #30363d }
    .talk { fill: #0c2d4d; stroke: #388bfd }
    .data { fill: #2b1f47; stroke: #a371f7 }
    .people { fill: #0f3320; stroke: #3fb950 }
    .message { fill: #3a2d0a; stroke: #bb8009 }
    .end { fill: #21262d; stroke: #6e7681 }
    .aside { stroke: #6e7681 }
    .line { stroke: #8b949e }
    .tip { fill: #8b949e }
  }
"""


@dataclass(frozen=True)
class Step:
    """A box: its name and verb are the flow's, its lines say what the caller meets.

    A line that begins with a key and a tab shows the key. *leads* are targets that are
    written in the box and not drawn as a line.
    """

    name: str
    verb: str
    about: str
    x: int
    y: int
    lines: tuple[str, ...]
    leads: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return WIDTHS[self.x]

    @property
    def height(self) -> int:
        return 30 + LINE * len(self.lines)


@dataclass(frozen=True)
class Way:
    """A line from step to step along *points*, perhaps with a label on it."""

    start: str
    end: str
    points: tuple[tuple[int, int], ...]
    label: str = ""
    at: tuple[int, int] = (0, 0)
    tip: bool = True
    """False where the line runs into another one."""


NARROW, WIDE = "\u2002", "\u2003\u2003"
"""Spaces that SVG does not fold."""

LEFT, MID, SPINE, RIGHT, RAIL = 24, 268, 524, 808, 1018
"""Where the columns begin, and the line at the far right."""

WIDTHS = {LEFT: 164, MID: 172, SPINE: 200, RIGHT: 192}

STEPS = (
    Step("welcome", "say", TALK, SPINE, 64, ("欢迎致电 · Welcome",)),
    Step("language", "menu", TALK, SPINE, 142, ("1\t中文     2\tEnglish",)),
    Step(
        "identify",
        "authenticate",
        DATA,
        SPINE,
        218,
        (
            "许可证号 · licence, 12 digits",
            "密码 · PIN, 6 digits",
            "three tries; five wrong",
            "PINs in a day lock the card",
        ),
    ),
    Step("not_identified", "say", TALK, RIGHT, 218, ("身份验证未通过",)),
    Step("card_locked", "say", TALK, RIGHT, 278, ("该许可证号已锁定",)),
    Step(
        "main_menu",
        "menu",
        TALK,
        SPINE,
        376,
        (
            "1\t查询余额 · balance",
            "2\t查询订单 · orders",
            "3\t投诉建议 · complaints",
            "0\t人工服务 · a person",
        ),
    ),
    Step("balance", "lookup", DATA, MID, 387, ("应付金额 · in a database",)),
    Step(
        "orders",
        "call",
        DATA,
        MID,
        455,
        ("订单 · over HTTP", "↩ main_menu"),
        ("main_menu",),
    ),
    Step(
        "say_balance",
        "say",
        TALK,
        LEFT,
        365,
        ("一千二百三十四元五角", "↩ main_menu"),
        ("main_menu",),
    ),
    Step(
        "no_account",
        "say",
        TALK,
        LEFT,
        455,
        ("该许可证号没有账户", "↩ main_menu"),
        ("main_menu",),
    ),
    Step("complaints", "set", DATA, RIGHT, 427, ("topic: complaint",)),
    Step(
        "sorry_agent",
        "say",
        TALK,
        MID,
        560,
        ("系统出现故障", "all errors lead here"),
    ),
    Step(
        "agent",
        "open",
        PEOPLE,
        SPINE,
        560,
        ("人工服务 · a person,", "if the office is open"),
    ),
    Step(
        "wait_for_agent",
        "queue",
        PEOPLE,
        SPINE,
        680,
        (
            "who knows the language and",
            "the district (60 s), or any",
            "1\t留言 · a message",
            "2\t预约回电 · a call back",
        ),
    ),
    Step(
        "closed",
        "say",
        TALK,
        RIGHT,
        680,
        ("现在是非工作时间", "and when they are back"),
    ),
    Step("survey", "call", DATA, MID, 680, ("请评分 · one to five",)),
    Step(
        "nobody_free",
        "menu",
        TALK,
        SPINE,
        840,
        ("人工座席全忙 · all busy", "1\t留言 · a message", "2\t预约回电 · a call back"),
    ),
    Step(
        "leave_message",
        "voicemail",
        MESSAGE,
        RIGHT,
        846,
        ("请在提示音后留言", "recorded, and reviewed"),
    ),
    Step(
        "call_me_back",
        "callback",
        MESSAGE,
        MID,
        848,
        ("预约回电 · number noted", "full, or no number:", "↪ leave_message"),
        ("leave_message",),
    ),
    Step("goodbye", "hangup", END, SPINE, 970, ("再见 · Goodbye",)),
    Step(
        "note_call",
        "log",
        END,
        LEFT,
        950,
        ("when a call has ended,", "whoever ended it"),
    ),
)

WAYS = (
    Way("welcome", "language", ((624, 114), (624, 142))),
    Way("language", "identify", ((624, 192), (624, 218))),
    Way("identify", "not_identified", ((724, 243), (808, 243)), "failed", (764, 236)),
    Way("identify", "card_locked", ((724, 303), (808, 303)), "locked", (764, 296)),
    Way("identify", "main_menu", ((624, 328), (624, 376)), "PIN is right", (624, 354)),
    Way("main_menu", "balance", ((524, 412), (440, 412)), "1", (484, 405)),
    Way(
        "main_menu",
        "orders",
        ((524, 432), (484, 432), (484, 490), (440, 490)),
        "2",
        (464, 483),
    ),
    Way("main_menu", "complaints", ((724, 452), (808, 452)), "3, level 2+", (764, 445)),
    Way("main_menu", "agent", ((624, 486), (624, 560)), "0, or no key", (624, 524)),
    Way("balance", "say_balance", ((268, 400), (188, 400))),
    Way(
        "balance",
        "no_account",
        ((268, 412), (216, 412), (216, 490), (188, 490)),
        "none",
        (216, 450),
    ),
    Way(
        "balance",
        "sorry_agent",
        ((268, 424), (248, 424), (248, 595), (268, 595)),
        "error",
        (248, 544),
    ),
    Way("sorry_agent", "agent", ((440, 595), (524, 595))),
    Way("complaints", "agent", ((1000, 452), (RAIL, 452)), tip=False),
    Way("card_locked", "agent", ((1000, 303), (RAIL, 303)), tip=False),
    Way(
        "not_identified",
        "agent",
        ((1000, 243), (RAIL, 243), (RAIL, 579), (724, 579)),
    ),
    Way("agent", "wait_for_agent", ((624, 630), (624, 680)), "open", (624, 656)),
    Way(
        "agent",
        "closed",
        ((724, 612), (900, 612), (900, 680)),
        "closed",
        (764, 605),
    ),
    Way(
        "wait_for_agent",
        "survey",
        ((524, 705), (440, 705)),
        "agent left",
        (484, 698),
    ),
    Way(
        "wait_for_agent",
        "leave_message",
        ((724, 756), (766, 756), (766, 866), (808, 866)),
        "1",
        (766, 812),
    ),
    Way(
        "wait_for_agent",
        "call_me_back",
        ((524, 776), (482, 776), (482, 873), (440, 873)),
        "2",
        (482, 826),
    ),
    Way(
        "wait_for_agent",
        "nobody_free",
        ((624, 790), (624, 840)),
        "5 min, full, nobody there",
        (624, 816),
    ),
    Way("closed", "leave_message", ((900, 750), (900, 846))),
    Way("nobody_free", "leave_message", ((724, 896), (808, 896)), "1", (764, 889)),
    Way("nobody_free", "call_me_back", ((524, 916), (440, 916)), "2", (484, 909)),
    Way("nobody_free", "goodbye", ((624, 930), (624, 970)), "no key", (624, 953)),
    Way("leave_message", "goodbye", ((900, 916), (900, 995), (724, 995))),
    Way("call_me_back", "goodbye", ((354, 938), (354, 995)), tip=False),
    Way(
        "survey",
        "goodbye",
        ((268, 705), (228, 705), (228, 995), (524, 995)),
    ),
)


def drawn() -> set[tuple[str, str]]:
    """Every way of the picture, as pairs of steps."""
    ways = {(way.start, way.end) for way in WAYS}
    return ways | {(step.name, target) for step in STEPS for target in step.leads}


def picture() -> str:
    """The whole SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" '
        'aria-labelledby="title desc">',
        '<title id="title">The sample hotline</title>',
        '<desc id="desc">A caller chooses a language, identifies with licence number '
        "and PIN, hears the balance or orders, or waits for an agent, and may leave a "
        "message instead.</desc>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/>'
        "</marker></defs>",
        f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" '
        f'height="{HEIGHT - 1}" rx="10"/>',
        _text(LEFT, 40, "零售服务热线 · Retail service hotline", "title"),
        _text(LEFT, 60, "flows/hotline, dialled as 12313", "note"),
        *_always(),
        *_colours(),
        *map(_line, WAYS),
        *(box for step in STEPS for box in _box(step)),
        *(_label(way) for way in WAYS if way.label),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{kind}{anchor}>{escape(words)}</text>'


def _box(step: Step) -> list[str]:
    dashed = " aside" if step.name == "note_call" else ""
    parts = [
        f'<rect class="box {step.about}{dashed}" x="{step.x}" y="{step.y}" '
        f'width="{step.width}" height="{step.height}" rx="7"/>',
        _text(step.x + 11, step.y + 20, step.name, "name"),
        _text(step.x + step.width - 11, step.y + 20, step.verb, "verb", "end"),
    ]
    for number, line in enumerate(step.lines):
        parts.append(_words(step.x + 11, step.y + 40 + LINE * number, line))
    return parts


def _words(x: float, y: float, line: str) -> str:
    """A line of a box: what stands before a tab is a key of the telephone."""
    if "\t" not in line:
        return _text(x, y, line, "note" if line[0] in "↩↪" else "")
    parts = []
    for piece in line.split("     "):
        key, words = piece.split("\t")
        parts.append(f'<tspan class="key">{key}</tspan>{NARROW}{escape(words)}')
    return f'<text x="{x:g}" y="{y:g}">{WIDE.join(parts)}</text>'


def _line(way: Way) -> str:
    points = " ".join(f"{x},{y}" for x, y in way.points)
    tip = ' marker-end="url(#tip)"' if way.tip else ""
    return f'<polyline class="line" points="{points}"{tip}/>'


def _label(way: Way) -> str:
    return _text(*way.at, way.label, "label", "middle")


def _always() -> list[str]:
    """What the flow's `always:` says, beside the picture."""
    keys = ("0\t人工服务 · a person", "9\t重听 · hear it again", "*\t返回 · one back")
    return [
        f'<rect class="aside" x="{LEFT}" y="84" width="280" height="104" rx="7"/>',
        _text(LEFT + 13, 106, "always", "name"),
        _text(LEFT + 267, 106, "in every menu and queue", "verb", "end"),
        *(_words(LEFT + 13, 130 + 22 * n, key) for n, key in enumerate(keys)),
    ]


def _colours() -> list[str]:
    meanings = (
        (TALK, "says and asks"),
        (DATA, "finds and stores"),
        (PEOPLE, "people"),
        (MESSAGE, "for later"),
    )
    parts = []
    for number, (about, words) in enumerate(meanings):
        y = 70 + 24 * number
        parts += [
            f'<rect class="box {about}" x="{RIGHT}" y="{y}" width="22" height="14" '
            'rx="4"/>',
            _text(RIGHT + 32, y + 11, words, "note"),
        ]
    return parts


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
