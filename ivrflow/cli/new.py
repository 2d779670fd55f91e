"""`ivrflow new`: a small site that works, as a beginning."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shlex
import socket
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True)
class Spoken:
    """What differs between languages beside the prompts' files."""

    offer: str
    """Offers the language at the beginning of a call; `{key}` is its key's word."""
    keys: tuple[str, str]
    """The words for the keys 1 and 2."""
    menu: str
    """The menu as it is said: what a talk of the tests expects."""


LANGUAGES: Mapping[str, Spoken] = {
    "en": Spoken(
        "For English, press {key}.",
        ("one", "two"),
        "For our opening hours, press one. To leave a message, press two. To speak to "
        "us, press zero.",
    ),
    "zh-CN": Spoken(
        "中文请按{key}。",
        ("一", "二"),
        "查询营业时间，请按一。留言，请按二。人工服务，请按零。",
    ),
}
"""The languages that can be spoken."""

NOWHERE = "UTC"


def _languages(ctx: click.Context, option: click.Parameter, value: str) -> list[str]:
    wanted = list(dict.fromkeys(part.strip() for part in value.split(",")))
    for one in wanted:
        if one not in LANGUAGES:
            known = " and ".join(LANGUAGES)
            raise click.BadParameter(
                f"{one!r} is not a language that can be said yet; there are {known}"
            )
    return wanted


def _timezone(ctx: click.Context, option: click.Parameter, value: str | None) -> str:
    if value is None:
        return _zone_of_this_machine()
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(
            f"{value!r} is no time zone; write it like Asia/Shanghai"
        ) from None
    return value


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--language",
    "languages",
    default="en",
    show_default=True,
    callback=_languages,
    metavar="TAG[,TAG]",
    help="The languages of the site: en, zh-CN or both; the first is the default.",
)
@click.option("--title", help="What people call it.  [default: from the folder's name]")
@click.option(
    "--timezone",
    callback=_timezone,
    metavar="ZONE",
    help="The site's time zone, as Asia/Shanghai.  [default: this machine's]",
)
@click.option(
    "--ci",
    is_flag=True,
    help="With what checks it at each commit: pre-commit, and a GitHub workflow.",
)
def new(
    folder: Path, languages: list[str], title: str | None, timezone: str, ci: bool
) -> None:
    """Make a site in FOLDER: small, whole, with talks that pass.

    A welcome, a menu, opening hours, a queue with agents, a mailbox; its prompts, its
    tests, what an editor needs, and in run/ the settings for a private Asterisk. FOLDER
    is made, or is empty: nothing is ever overwritten.

    Exit status: 0, or 2 if nothing could be made.
    """
    title = _plain(title or "") or _title_of(folder)
    shown = click.format_filename(folder)
    try:
        if folder.is_dir() and (found := [p for p in folder.iterdir() if _seen(p)]):
            click.echo(
                f"{shown} is not empty: it has {found[0].name!r}; name a folder that "
                "is not there yet. Nothing was changed",
                err=True,
            )
            raise SystemExit(2)
        _make(folder, languages, title, timezone, ci=ci)
    except FileExistsError as error:
        click.echo(
            f"{error.filename} is there already; move it away, or name another folder. "
            "Nothing was changed",
            err=True,
        )
        raise SystemExit(2) from None
    except OSError as error:
        name = error.filename or shown
        click.echo(f"{name} can't be made: {error.strerror}", err=True)
        raise SystemExit(2) from None
    click.echo(_told(shown, languages))


def _seen(path: Path) -> bool:
    """False for what git and editors keep in a folder before it holds anything."""
    return not path.name.startswith(".")


def _title_of(folder: Path) -> str:
    words = _plain(re.sub("[-_]", " ", folder.resolve().name)) or "New site"
    return words[:1].upper() + words[1:]


def _plain(text: str) -> str:
    """*text* on one line, without what neither YAML nor a terminal should get."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _zone_of_this_machine() -> str:
    """Its name, where the machine tells it; else UTC."""
    link = os.path.realpath("/etc/localtime")
    for name in (os.environ.get("TZ", ""), link.partition("/zoneinfo/")[2]):
        if name in zoneinfo.available_timezones():
            return name
    return NOWHERE


# What is written ----------------------------------------------------------------------


def _make(
    folder: Path, languages: list[str], title: str, timezone: str, *, ci: bool
) -> None:
    from ivrflow.asterisk.home.credentials import Credentials, Kept, save
    from ivrflow.asterisk.home.ports import free_ports
    from ivrflow.cli.schema import FOLDER as SCHEMA
    from ivrflow.cli.schema import write as write_schemas
    from ivrflow.hashing import make_pepper

    kept = Kept(credentials=Credentials(), ports=free_ports())
    values = {
        "TITLE": json.dumps(title, ensure_ascii=False),
        "TITLE_PLAIN": title,
        "LANGUAGES": ", ".join(languages),
        "TIMEZONE": timezone,
        "LANGUAGE_KEYS": "\n".join(_language_keys(languages)),
        "LANGUAGE_WORDS": "\n".join(_language_words(languages)),
        "MENU_WORDS": LANGUAGES[languages[-1]].menu,
        "ARI_PORT": str(kept.ports.ari),
        "ARI_USER": kept.credentials.ari_user,
        "AMI_PORT": str(kept.ports.ami),
        "API_PORT": str(_free_port()),
    }
    texts = {
        folder / path: _filled(text, values, several=len(languages) > 1)
        for path, text in _files(languages, ci=ci)
    }
    texts[folder / ".vscode/settings.json"] = _vscode()
    for path in texts:
        if path.exists():
            raise FileExistsError(errno.EEXIST, "is there already", str(path))
    for path, text in texts.items():
        _write(path, text)
    run = folder / "run"
    (run / "secrets").mkdir(mode=0o700)
    for name, secret in (
        ("ari", kept.credentials.ari_password),
        ("ami", kept.credentials.ami_password),
        ("api-token", secrets.token_urlsafe(24)),
    ):
        _keep(run / "secrets" / name, secret)
    make_pepper(run / "secrets/pepper")
    save(run / "asterisk/credentials.json", kept)
    write_schemas(folder, folder / SCHEMA, here=True)


def _files(languages: list[str], *, ci: bool) -> Iterator[tuple[str, str]]:
    """Path in the new site -> text of its template."""
    root = resources.files("ivrflow.cli") / "new_site"
    moved = {
        "gitignore": ".gitignore",
        "ci/pre-commit-config.yaml": ".pre-commit-config.yaml",
        "ci/workflow.yaml": ".github/workflows/ivrflow.yaml",
    }
    for path, file in _inside(root, ""):
        unwanted = path.startswith("prompts/") and Path(path).stem not in languages
        if unwanted or (path.startswith("ci/") and not ci):
            continue
        yield moved.get(path, path), file.read_text("utf-8")


def _inside(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _inside(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry


def _filled(text: str, values: Mapping[str, str], *, several: bool) -> str:
    """A template with its values; what stands between `#+several` and `#-several` is
    for sites with several languages alone."""
    if not several:
        text = re.sub(r"^#\+several\n.*?^#-several\n", "", text, flags=re.M | re.S)
    text = re.sub(r"^#[+-]several\n", "", text, flags=re.M)
    return re.sub("@@([A-Z_]+)@@", lambda found: values[found[1]], text)


def _language_keys(languages: list[str]) -> Iterator[str]:
    for key, language in enumerate(languages, 1):
        yield f"      {key}: {{then: main_menu, set: {{language: {language}}}}}"


def _language_words(languages: list[str]) -> Iterator[str]:
    """The offer of each language, in that language, with its key as a word."""
    for number, language in enumerate(languages):
        spoken = LANGUAGES[language]
        offer = spoken.offer.format(key=spoken.keys[number])
        yield f"  - {{{language}: {json.dumps(offer, ensure_ascii=False)}}}"


def _vscode() -> str:
    from ivrflow.cli.schema import FOLDER
    from ivrflow.flow.schema import globs

    schemas = {f"{FOLDER}/{name}.json": files for name, files in globs().items()}
    settings: dict[str, Any] = {
        "yaml.schemas": schemas,
        "yaml.schemaStore.enable": False,
    }
    return json.dumps(settings, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:  # never over one that is there
        file.write(text)


def _keep(path: Path, secret: str) -> None:
    """Write a secret that nobody else can read, not even at first."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret + "\n")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


# What is told -------------------------------------------------------------------------


def _told(folder: str, languages: list[str]) -> str:
    commands: list[tuple[str, str]] = [
        (f"cd {shlex.quote(folder)}", ""),
        ("ivrflow check", "is anything wrong?"),
        ("ivrflow test", "do the talks go as written?"),
        ("ivrflow try", "be the caller yourself"),
    ]
    lines = [f"{folder}: a site in {' and '.join(languages)}. Now:", ""]
    lines += [f"  {command:<16}  {what}".rstrip() for command, what in commands]
    return "\n".join(lines)
