"""Reading a site's prompts: `prompts/<language>.yaml` over those that are shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

from pydantic_core import PydanticCustomError

from ivrflow.flow.files import Files, value_at
from ivrflow.flow.kinds import read_expression
from ivrflow.flow.site.settings import Language, Settings
from ivrflow.flow.source import Items, Mark, Problem, Scalar, Table, read
from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.say import TABLE, speller_for
from ivrflow.prompts.text import Words

FOLDER = "prompts"


def read_prompts(files: Files, settings: Settings) -> Catalogue:
    """Build the catalogue; what is wrong in the prompts is noted in *files*."""
    raw = {str(one): _site_prompts(files, one) for one in settings.languages}
    # The site's own prompts win over those that are shipped.
    by_language = {
        language: {**_by_name(shipped(language)), **_by_name(table)}
        for language, table in raw.items()
    }

    def report(language: str, path: tuple[str | int, ...], message: str) -> None:
        file = f"{FOLDER}/{language}.yaml"
        at = value_at(raw.get(language), path) or Mark(file, 1, 1)
        # Names are quoted in it as they are written, and a terminal shall not obey.
        shown = "".join(sign if sign.isprintable() else "?" for sign in message)
        files.problems.append(Problem(at, "P001", shown))

    spoken = [
        str(one)
        for one in settings.languages
        if _spoken(files, one, by_language.get(str(one), {}))
    ]
    if str(settings.languages[0]) in spoken:
        currency = str(settings.currency)
        catalogue = Catalogue.build(spoken, by_language, report, currency=currency)
    else:
        # Anything, so that the rest can be looked at: this site never starts.
        files.unread.add("site.yaml")
        catalogue = Catalogue.build(["en"], {"en": _by_name(shipped("en"))}, report)
    for words in all_words(catalogue):
        _check_slots(files, words)
    _strange_languages(files, settings)
    return catalogue


def _spoken(files: Files, language: Language, prompts: Mapping[str, object]) -> bool:
    """False if nobody can say values in *language*, which is told."""
    try:
        speller_for(language, {} if isinstance(prompts.get(TABLE), Mapping) else None)
    except LookupError as error:
        files.fail(language.at, "P003", str(error))
        return False
    return True


def _by_name(table: Table) -> dict[str, object]:
    return {str(name): value for name, value in table.items()}


def all_words(catalogue: Catalogue) -> Iterator[Words]:
    """Every text of every prompt in every language."""
    for language in catalogue.languages:
        for name in catalogue.names():
            for _, words in catalogue.texts(name, language):
                yield words


def _check_slots(files: Files, words: Words) -> None:
    """Compile the expressions of a text, so that their errors are told now."""
    text = words.text if isinstance(words.text, Scalar) else Scalar(words.text)
    for slot in words.slots:
        try:
            read_expression(slot.expression, text, slot.offset)
        except PydanticCustomError as error:
            at = (error.context or {}).get("at") or text.at
            files.fail(at, "P002", error.message())


def _site_prompts(files: Files, language: Language) -> Table:
    file = f"{FOLDER}/{language}.yaml"
    if not files.there(file):
        message = f"the prompts of this language are missing; write {file}"
        at = language.at if language.at.line else Mark(file, 1, 1)
        files.fail(at, "P004", message, file)
    table = files.table(file)
    for scalar in _scalars(table):
        if scalar.swallowed is not None:
            message = (
                "what follows ` #` is a comment to YAML and is never said; put the "
                'whole text in quotes: "..."'
            )
            files.fail(scalar.swallowed, "Y002", message)
    return table


def _scalars(value: object) -> Iterator[Scalar]:
    if isinstance(value, Scalar):
        yield value
    elif isinstance(value, Table):
        for inside in value.values():
            yield from _scalars(inside)
    elif isinstance(value, Items):
        for inside in value:
            yield from _scalars(inside)


@lru_cache(maxsize=16)
def shipped(language: str) -> Table:
    """The prompts that every site needs; an empty table in an unknown language."""
    file = resources.files("ivrflow.prompts") / "shipped" / f"{language}.yaml"
    if "/" in language or not file.is_file():
        return Table()
    value, problems = read(file.read_text("utf-8"), f"ivrflow/{language}.yaml")
    assert isinstance(value, Table), problems
    return value


def _strange_languages(files: Files, settings: Settings) -> None:
    known = {f"{FOLDER}/{language}.yaml" for language in settings.languages}
    if "site.yaml" in files.unread:
        return
    for file in files.inside(FOLDER):
        if file not in known:
            message = (
                "this language is not in `languages:` of site.yaml; it is not read"
            )
            files.warn(Mark(file, 1, 1), "P005", message)
