"""Where this machine gets its Debian packages from, read from apt's own files.

A private Asterisk comes from the same mirror as everything else on the machine: it is
the one that is near, allowed by the firewall, and trusted by a key that is here
already. Both of apt's forms are read: one line a source (`*.list`), and paragraphs
(`*.sources`, deb822).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SCHEMES = ("http", "https", "file", "copy", "mirror", "tor")
_KEYRINGS = ("debian-archive-keyring.pgp", "debian-archive-keyring.gpg")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place of packages: *uri* and *suites* as apt writes them.

    *signed_by* is a keyring's path, or a whole key, as the file has it; "" where apt's
    own trusted keys are meant.
    """

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    @property
    def debian(self) -> bool:
        """True if it is Debian's main archive: not security, not another vendor's."""
        last = self.uri.rstrip("/").rpartition("/")[2].removesuffix(".list")
        return (
            last == "debian"
            and "main" in self.components
            and re.split(r"[+:]", self.uri)[0] in _SCHEMES
        )


def read_lines(text: str) -> list[Source]:
    """Return the binary sources of a file in the form of one line each."""
    sources = []
    for line in text.splitlines():
        found = re.match(
            r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<rest>[^#]+)",
            line,
        )
        if found is None:
            continue
        options = dict(
            option.split("=", 1)
            for option in (found["options"] or "").split()
            if "=" in option
        )
        suite, *components = found["rest"].split()
        sources.append(
            Source(
                uri=found["uri"],
                suites=(suite,),
                components=tuple(components),
                signed_by=options.get("signed-by", ""),
            )
        )
    return sources


def read_paragraphs(text: str) -> list[Source]:
    """Return the binary sources of a deb822 file that are not switched off."""
    sources = []
    for fields in _paragraphs(text):
        if fields.get("enabled", "yes").lower() in ("no", "false", "off", "0"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        sources += [
            Source(
                uri=uri,
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                signed_by=fields.get("signed-by", ""),
            )
            for uri in fields.get("uris", "").split()
        ]
    return sources


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    # Comments may stand anywhere, also between the lines of one field.
    text = re.sub(r"(?m)^#.*\n?", "", text)
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                if name:
                    fields[name] += "\n" + line
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields:
            yield fields


def machine_sources(apt: Path = Path("/etc/apt")) -> list[Source]:
    """Return all sources of this machine; files that can't be read have none."""
    sources = []
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for path in files:
        read = {".list": read_lines, ".sources": read_paragraphs}.get(path.suffix)
        if read is None:
            continue
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        sources += read(text)
    return sources


def debian_source(sources: Iterable[Source]) -> Source | None:
    """Return the first source of Debian's main archive, or None."""
    return next((source for source in sources if source.debian), None)


def default_keyring(folder: Path = Path("/usr/share/keyrings")) -> str:
    """Return the path of Debian's keyring, or "" if this machine has none."""
    paths = (folder / name for name in _KEYRINGS)
    return next((str(path) for path in paths if path.is_file()), "")


def paragraph(source: Source, *, suite: str, arch: str) -> str:
    """Return a deb822 file that offers *suite* of *source*: main, packages only."""
    lines = [
        "Types: deb",
        f"URIs: {source.uri}",
        f"Suites: {suite}",
        "Components: main",
        f"Architectures: {arch}",
        "Targets: Packages",
    ]
    if source.signed_by:
        lines.append(f"Signed-By: {source.signed_by}")
    return "\n".join(lines) + "\n"
