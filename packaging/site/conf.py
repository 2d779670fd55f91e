"""The pages of the repository as a site: `make site`, see docs/packaging.md.

They are read where they are, so a link that works in the repository works here; nothing
is copied or written for the site alone. Its contents are below: a page that no part
names comes into the last one, so that none is ever lost.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TOP = Path(__file__).resolve().parents[2]

PARTS = {
    "Begin": ["docs/tutorial", "docs/install", "docs/coming-from"],
    "Design a talk": [
        "docs/flows",
        "docs/workbench",
        "docs/testing",
        "docs/drawing",
        "docs/editor",
        "docs/sounds",
    ],
    "Queues and messages": ["docs/queues", "docs/voicemail", "docs/reports"],
    "Run it": [
        "docs/operating",
        "docs/troubleshooting",
        "docs/doctor",
        "docs/upgrading",
        "docs/settings",
        "docs/agi",
        "docs/security",
        "docs/reliability",
        "docs/packaging",
        "asterisk-conf/README",
    ],
    "Reference": [],
    "Inside": ["docs/design", "docs/ari-py", "docs/survivors", "sounds/README"],
    "More": [],
}
"""Part -> its pages, by their names without `.md`."""

BEGINS = "README"


def pages() -> list[str]:
    """All pages, the first one apart."""
    found = [TOP / "CHANGELOG.md", *(TOP / "docs").rglob("*.md")]
    found += [TOP / folder / "README.md" for folder in ("asterisk-conf", "sounds")]
    return sorted(str(path.relative_to(TOP).with_suffix("")) for path in found)


def contents() -> dict[str, list[str]]:
    """Part -> pages, each page once."""
    parts = {part: list(named) for part, named in PARTS.items()}
    named = {page for part in parts.values() for page in part}
    for page in pages():
        if page not in named:
            part = (
                "Reference" if "/reference/" in page or page == "docs/api" else "More"
            )
            parts[part].append(page)
    return parts


def menu() -> str:
    """The contents, as Sphinx wants them in the first page."""
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {part}\n" + "\n".join(named) + "\n```\n"
        for part, named in contents().items()
    )


def without_folders(text: str, folder: Path) -> str:
    """*text*, whose links to folders and to files of no page are words alone."""

    def word(found: re.Match[str]) -> str:
        target = folder / found[2]
        shown = target.suffix in (".md", ".svg", ".png")
        # What is not there at all is left for Sphinx to complain about.
        return found[1] if target.exists() and not shown else found[0]

    return re.sub(r"!?\[([^\]]*)\]\(((?![a-z]+:|#)[^)#\s]+)(?:#[^)]*)?\)", word, text)


def _read(_: Sphinx, page: str, source: list[str]) -> None:
    source[0] = without_folders(source[0], (TOP / page).parent)
    if page == BEGINS:
        source[0] += menu()


def _begin(app: Sphinx, error: Exception | None) -> None:
    """A server shows index.html to who asks for nothing more."""
    first = Path(app.outdir) / f"{BEGINS}.html"
    if error is None and first.exists():
        first.with_name("index.html").write_text(first.read_text("utf-8"), "utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("build-finished", _begin)


project = "ivrflow"
extensions = ["myst_parser"]
root_doc = BEGINS
source_suffix = {".md": "markdown"}
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "docs/**.md",
    "asterisk-conf/README.md",
    "sounds/README.md",
]
exclude_patterns = [".*", "build", "dist", "run", "flows", "tests", "ivrflow"]
myst_heading_anchors = 4
# What is shown of a terminal or of a log is in no language that could be coloured.
suppress_warnings = ["misc.highlighting_failure"]
html_theme = "alabaster"
html_title = "ivrflow"
html_theme_options = {"description": "Call flows and queues for Asterisk"}
