"""The script for whoever speaks a site's recordings: a table, or a page to print.

One line for each recording: the file to save it as, the words, where a caller hears
them, what stands before and after them in their sentence, and how long they may take.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ivrflow.flow.site import Site
from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.measure import ENDINGS
from ivrflow.prompts.phrase import Clip, Phrase
from ivrflow.speech.wanted import places, prompt_of, wanted

SLOW = 1.4
"""How much longer than a guess a recording may take."""

LEAST = 1.5
"""Seconds that every recording may take."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recording to be made."""

    language: str
    file: str
    words: str
    where: str
    """Where a caller hears it."""
    sentence: str
    """The sentence that it is a part of, `[ ]` around it; "" if it is whole."""
    seconds: float
    """It should not take longer."""


def script(site: Site, clips: Iterable[Clip] | None = None) -> list[Row]:
    """Return the rows for *clips*, or for all that the site needs, by language."""
    said, sentences = places(site), _sentences(site.catalogue.phrases())
    rows = []
    for clip in wanted(site) if clips is None else clips:
        prompt = prompt_of(clip)
        where = "; ".join(dict.fromkeys(str(one) for one in said.get(prompt, ())))
        if not where:
            where = _unsaid(clip)
        rows.append(
            Row(
                language=clip.language,
                file=f"{clip.name}{ENDINGS[8000]}",
                words=clip.words,
                where=where,
                sentence=sentences.get(clip.name, ""),
                seconds=_longest(clip, site.catalogue),
            )
        )
    return sorted(
        rows, key=lambda row: (row.language, "/pieces/" in row.file, row.file)
    )


def _unsaid(clip: Clip) -> str:
    if "/pieces/" in clip.name:
        return "numbers, dates and money: in the middle of a sentence"
    if "/titles/" in clip.name:
        return "a title, within other sentences"
    if "/menu_choice." in clip.name:
        return "after each choice of a menu"
    return "said by the program itself: agents, queues, messages"


def _sentences(phrases: Iterable[Phrase]) -> dict[str, str]:
    """Recording -> its whole sentence, where it is only a part of one."""
    found = {}
    for phrase in phrases:
        parts = phrase.stretches
        if len(parts) < 2:
            continue
        texts = [
            part.words if isinstance(part, Clip) else f"({part.filter or 'value'})"
            for part in parts
        ]
        for at, part in enumerate(parts):
            if isinstance(part, Clip) and part.name:
                shown = [*texts[:at], f"[{texts[at].strip()}]", *texts[at + 1 :]]
                found[part.name] = " ".join(" ".join(shown).split())
    return found


def _longest(clip: Clip, catalogue: Catalogue) -> float:
    guess = len(clip.words) / catalogue.speller(clip.language).rate
    return round(max(guess * SLOW, LEAST), 1)


HEAD = ("language", "file", "words", "where it is said", "sentence", "longest (s)")


def as_csv(rows: Sequence[Row]) -> str:
    """Return *rows* as CSV with a byte order mark, which spreadsheets ask for."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEAD)
    for row in rows:
        cells = (row.language, row.file, row.words, row.where, row.sentence)
        table.writerow([*map(_harmless, cells), row.seconds])
    return "\ufeff" + out.getvalue()


def _harmless(cell: str) -> str:
    """A cell that begins like a formula would be one in a spreadsheet."""
    return f"'{cell}" if cell.startswith(tuple("=+-@\t\r")) else cell


def as_html(rows: Sequence[Row], title: str) -> str:
    """Return *rows* as a page to print, one table for each language."""
    parts = []
    for language in dict.fromkeys(row.language for row in rows):
        mine = [row for row in rows if row.language == language]
        lines = "\n".join(_line(number, row) for number, row in enumerate(mine, 1))
        parts.append(
            f'<h2 lang="en">{escape(language)}: {len(mine)} recordings</h2>\n'
            "<table><thead><tr><th></th><th>File</th><th>Words</th><th>Said</th>"
            "<th>At most</th><th>Done</th></tr></thead>\n"
            f'<tbody lang="{escape(language)}">\n{lines}\n</tbody></table>'
        )
    return _PAGE.format(title=escape(title), body="\n".join(parts))


def _line(number: int, row: Row) -> str:
    sentence = f"<small>{escape(row.sentence)}</small>" if row.sentence else ""
    return (
        f"<tr><td>{number}</td><td><code>{escape(row.file)}</code></td>"
        f"<td><b>{escape(row.words)}</b>{sentence}</td>"
        f'<td lang="en">{escape(row.where)}</td><td>{row.seconds:g} s</td>'
        '<td class="box">&#9744;</td></tr>'
    )


_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #111; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border: 1px solid #bbb; padding: .3em .5em; text-align: left;
  vertical-align: top; }}
th {{ background: #eee; }}
td:first-child {{ color: #666; }}
td:nth-child(2) {{ width: 24%; }}
b {{ font-size: 16px; }}
small {{ display: block; color: #555; }}
code {{ font-size: 12px; overflow-wrap: anywhere; }}
.box {{ font-size: 18px; text-align: center; }}
tr {{ break-inside: avoid; }}
thead {{ display: table-header-group; }}
@media print {{ body {{ margin: 0; }} h2 {{ break-before: page; }}
  h2:first-of-type {{ break-before: auto; }} }}
</style></head><body>
<h1>{title}</h1>
<p>Save each recording under its file's name, as WAV: 16 bit, mono, 8 or 48 kHz (it is
brought to the telephone's 8 kHz and to one loudness by <code>ivrflow sounds
build</code>). Half a second of silence at the ends is enough. A part of a sentence, in
[brackets] below its words, is spoken as it sounds within that sentence; what stands in
(parentheses) is a value that is put in. Numbers are spoken in the middle of a sentence,
all at one pitch and pace.</p>
{body}
</body></html>
"""
