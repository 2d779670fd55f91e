"""The pages hold what they say: links, commands, examples, lists."""

import importlib
import pkgutil
import re
import shlex
import textwrap

import click
import pytest
from click.testing import CliRunner

from ivrflow import console
from ivrflow.cli import main
from ivrflow.config import Settings, read_settings
from ivrflow.console.api import Api
from ivrflow.flow.check._values import BUILT_IN
from ivrflow.flow.explain import keys_of
from ivrflow.flow.formula.parse import SPECIAL_FUNCTIONS
from ivrflow.flow.formula.values import FUNCTIONS
from ivrflow.flow.load import check_site
from ivrflow.flow.site.flow import Head
from ivrflow.flow.step import VERBS
from tests.unit.pages import FENCE, TOP, blocks, rows, section, text_of, ticked

SAMPLE = TOP / "flows/hotline"
PAGES = [
    *sorted(TOP.glob("*.md")),
    *sorted((TOP / "docs").glob("*.md")),
    *(TOP / folder / "README.md" for folder in ("asterisk-conf", "sounds")),
]
TABLE = re.MULTILINE | re.DOTALL

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(TOP))
)


# Links --------------------------------------------------------------------------------


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@every_page
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page.name} links to {target}"


@every_page
def test_pages_name_no_place_of_one_machine(page):
    assert not re.search(r"(?<!\w)/(work|tmp|root)/", page.read_text("utf-8"))


# Commands -----------------------------------------------------------------------------


def commands(text):
    """Every `ivrflow ...` that is shown, as words; prose around it is left out."""
    shown = [line for m in FENCE.finditer(text) for line in m[3].splitlines()]
    shown += [line for line in text.splitlines() if line.startswith("    ")]
    shown += ticked(FENCE.sub("", text))
    for line in shown:
        found = re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?ivrflow ([a-z-].*)", line)
        if found:
            yield shlex.split(found[1].replace("...", ""))


@every_page
def test_commands_that_are_shown_exist_with_their_options(page):
    for words in commands(page.read_text("utf-8")):
        command, rest = main, list(words)
        while isinstance(command, click.Group) and rest:
            inner = command.get_command(click.Context(command), rest[0])
            if inner is None:
                break
            command, rest = inner, rest[1:]
        # A group alone is a command to read about; with a word behind it, a mistake.
        words_left = [word for word in rest if not word.startswith("-")]
        assert not (isinstance(command, click.Group) and words_left), words
        known = {name for option in command.params for name in option.opts}
        options = [word for word in rest if word.startswith("-")]
        assert set(options) <= known | {"--help"}, words


@every_page
def test_targets_of_make_that_are_shown_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    text = page.read_text("utf-8")
    shown = re.findall(r"(?:`|^    |\$ )(?:[A-Z_]+=\S+ )?make ([a-z]+)", text, re.M)
    assert set(shown) <= targets


def help_pages(command=main, name="ivrflow"):
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            yield from help_pages(command.get_command(context, word), f"{name} {word}")


@pytest.mark.parametrize(
    ("name", "command"), list(help_pages()), ids=[name for name, _ in help_pages()]
)
def test_every_command_and_option_is_explained(name, command):
    result = CliRunner().invoke(main, [*name.split()[1:], "--help"])

    assert result.exit_code == 0
    # A short help that is cut off helps nobody.
    assert not re.search(r"^  .*\.\.\.$", result.output, re.MULTILINE), result.output
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


# Designing a talk ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def bakery(tmp_path_factory):
    """The site of docs/flows.md, as a reader would type it."""
    folder = tmp_path_factory.mktemp("site") / "bakery"
    for block in blocks(text_of("docs/flows.md"), "yaml"):
        if name := re.match(r"# (\S+\.yaml)\n", block):
            path = folder / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.removeprefix(name[0]), "utf-8")
    return folder


def consoles(page):
    """Command -> what the page shows that it prints."""
    shown = {}
    for block in blocks(text_of(page), "console"):
        command = ""
        for line in block.splitlines():
            if line.startswith("$ "):
                command = line.removeprefix("$ ")
            else:
                shown[command] = shown.get(command, "") + line + "\n"
    return shown


def test_the_first_site_is_right_and_its_test_passes(bakery):
    assert check_site(bakery).problems == ()
    result = CliRunner().invoke(main, ["test", str(bakery)])
    assert result.exit_code == 0, result.output
    first, _ = consoles("docs/flows.md")["ivrflow test bakery"].split(" in ")
    assert first in result.output


def test_the_mistake_is_told_as_the_page_shows(bakery, monkeypatch):
    flow = bakery / "flows/bakery.yaml"
    right = flow.read_text("utf-8")
    flow.write_text(right.replace("failed: goodbye", "failed: goodby "), "utf-8")
    monkeypatch.chdir(bakery.parent)
    try:
        result = CliRunner().invoke(main, ["check", "bakery"])
    finally:
        flow.write_text(right, "utf-8")

    assert result.exit_code == 1
    shown = consoles("docs/flows.md")["ivrflow check bakery"]
    squeezed = [re.sub(" +", " ", text).strip() for text in (result.output, shown)]
    assert squeezed[0].replace("bakery/flows", "flows") == squeezed[1]


def test_the_talk_goes_as_the_page_shows(bakery, monkeypatch):
    monkeypatch.chdir(bakery)
    command = 'ivrflow try --fast --at "2026-03-15 11:00"'
    result = CliRunner().invoke(main, shlex.split(command)[1:], input="1\n")

    assert result.output.startswith(consoles("docs/flows.md")[command])


@pytest.mark.parametrize("page", ["README.md", "docs/flows.md"])
def test_examples_stand_in_one_of_the_sites_word_for_word(page):
    sample = "\n".join(
        path.read_text("utf-8") for path in sorted(TOP.glob("flows/*/flows/*.yaml"))
    )
    for block in blocks(text_of(page), "yaml"):
        if block.startswith("# "):
            continue
        for step in textwrap.indent(block, "  ").split("\n\n"):
            assert step.strip("\n") in sample, step


def test_every_verb_has_its_section_with_all_its_keys():
    page = text_of("docs/flows.md")
    verbs = section(page, "The verbs")
    assert "`then`" in verbs
    assert "`on_error`" in verbs
    described = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert sorted(described) == sorted(VERBS)
    for verb in described:
        (table,) = re.findall(r"^\| key .*?(?=^$)", section(page, verb) + "\n", TABLE)
        keys = [key for cell in rows(table) for key in ticked(cell)]
        own = [key for key in keys_of(VERBS[verb]) if key not in ("then", "on_error")]
        assert sorted(keys) == sorted(own), verb


def test_the_head_of_a_flow_is_described():
    keys = rows(section(text_of("docs/flows.md"), "The head of a flow"))
    assert [key.strip("`") for key in keys] == keys_of(Head)


def test_all_functions_are_named():
    words = section(text_of("docs/flows.md"), "Values and conditions").split()
    for function in (*FUNCTIONS, *SPECIAL_FUNCTIONS):
        assert function in " ".join(words).replace("`", " ").split()


def test_all_names_that_are_always_there_are_named():
    named = ticked(section(text_of("docs/flows.md"), "Values and conditions"))
    for name, members in BUILT_IN.items():
        for member in members:
            assert {f"{name}.{member}", f".{member}"} & set(named), f"{name}.{member}"
        assert any(word.startswith(name) for word in named), name


# Settings and the API -----------------------------------------------------------------


def settings_of(model=Settings, prefix=""):
    """Setting -> its field, parts of a part with a dot."""
    found = {}
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and hasattr(
            info.annotation, "model_fields"
        ):
            found |= settings_of(info.annotation, f"{name}.")
        else:
            found[prefix + name] = info
    return found


def test_every_setting_is_described_with_its_default():
    table = text_of("docs/settings.md").split("## Variables")[0]
    described = dict(zip(rows(table), rows(table, 1), strict=True))
    fields = settings_of()

    assert [name.strip("`") for name in described] == list(fields)
    for name, default in described.items():
        info = fields[name.strip("`")]
        assert (default == "must be given") == info.is_required(), name
        if isinstance(info.default, bool):
            assert default.strip("`") == ("yes" if info.default else "no"), name
        elif isinstance(info.default, str | int):
            assert default.strip("`") == str(info.default), name


def test_the_settings_that_are_shown_are_right(tmp_path):
    (block,) = blocks(text_of("docs/settings.md"), "yaml")
    path = tmp_path / "ivrflow.yaml"
    path.write_text(block, "utf-8")

    assert str(read_settings(path).site) == "/etc/ivrflow/hotline"


def parts_of_the_api():
    """All classes of the console that have routes; these need no state for that."""
    for found in pkgutil.iter_modules(console.__path__):
        module = importlib.import_module(f"{console.__name__}.{found.name}")
        for name, made in vars(module).items():
            ours = isinstance(made, type) and made.__module__ == module.__name__
            if ours and name.endswith("Routes"):
                yield made.__new__(made)


def test_every_route_of_the_api_is_described():
    application = Api(None, "x" * 20, *parts_of_the_api()).application()
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.method != "HEAD"
    }
    described = [row.strip("`") for row in rows(text_of("docs/api.md"))]
    described = [row for row in described if re.match("(GET|POST|PUT|DELETE) /", row)]
    for route in [route for route in routes if route.endswith("/{act}")]:
        start = re.escape(route.removesuffix("{act}"))
        acts = {row for row in described if re.fullmatch(start + "[a-z-]+", row)}
        assert acts, f"{route}: no act is described"
        routes = routes - {route} | acts

    assert set(described) == routes
    assert len(described) == len(set(described))


# The picture --------------------------------------------------------------------------


def test_the_picture_is_what_the_command_draws_of_the_sample():
    words = ["draw", str(SAMPLE), "--language", "en"]

    assert CliRunner().invoke(main, words).stdout == text_of("docs/hotline.svg"), (
        "run make reference"
    )
