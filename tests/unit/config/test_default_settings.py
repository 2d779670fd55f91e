"""The file to begin with, and the reference: made from the models, and whole."""

import re
from pathlib import Path

import pytest

from ivrflow.config import Settings, read_settings
from ivrflow.config.default import default_file
from ivrflow.config.reading import read_layers
from ivrflow.config.reference import reference
from ivrflow.config.shape import fields_of, part_of, value_of
from ivrflow.config.showing import as_yaml, shown, visible

DOCS = Path(__file__).parents[3] / "docs"


def fields(model=Settings, way=()):
    """Every setting with its field, those in tables with dots."""
    for key, info in fields_of(model).items():
        part = part_of(info.annotation)
        yield ".".join((*way, key)), info
        if part is not None:
            yield from fields(part, (*way, key))


FIELDS = dict(fields())

every_setting = pytest.mark.parametrize("key", FIELDS)


def bare(info):
    """Whether it has no value of its own."""
    none = info.is_required() or info.default_factory is not None
    return none or info.default in (None, "", ())


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "ivrflow.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def uncommented():
    """The file with all settings that are commented out.

    Of those of `transcripts` one excludes the other.
    """
    text = re.sub(r"(?m)^#(?=  |[a-z_]+:)", "", default_file())
    return re.sub(r"(?m)^  (command: .*listen.*)$", r"  # \1", text)


def test_the_file_as_it_is_has_all_that_must_be_given_and_all_defaults(file):
    read = read_settings(file(default_file()), {})

    assert read.ari.url == "http://127.0.0.1:8088/ari"
    assert (read.ami, read.smtp, read.limits) == (None, None, None)
    assert read.drain == Settings.model_fields["drain"].default


def test_each_setting_that_is_commented_out_is_right_when_it_counts(file):
    found = shown(*read_layers(file(uncommented()), {}))

    assert {one.way[0] for one in found if one.origin != "default"} == set(
        fields_of(Settings)
    )


def test_a_default_that_is_told_is_the_one_that_counts(file):
    told = {one.key: one.value for one in shown(*read_layers(file(uncommented()), {}))}
    for key, info in FIELDS.items():
        if not bare(info):
            assert told[key] == as_yaml(visible(info.default)), key


@every_setting
def test_every_setting_is_told_and_has_a_value_to_show(key):
    info = FIELDS[key]

    assert info.description
    if bare(info) and part_of(info.annotation) is None:
        assert info.examples, f"{key}: write examples=[...] with one value"


@every_setting
def test_no_secret_stands_in_the_settings_themselves(key):
    """What is called like a secret is the file of one, by its kind."""
    if re.search(r"password|token|secret|pepper|^keys$|_key_|voicemail.keys", key):
        annotation = FIELDS[key].annotation
        assert "SecretFile" in str(value_of(annotation) or annotation)


def test_each_line_of_the_file_is_short_enough_to_read():
    assert max(map(len, default_file().splitlines())) <= 100


def test_the_page_of_the_reference_says_what_the_models_say():
    page = (DOCS / "reference/settings.md").read_text("utf-8")

    assert page == reference()["settings.md"], "run make reference"


def test_every_row_of_the_reference_is_told():
    lines = [
        line
        for line in reference()["settings.md"].splitlines()
        if line.startswith("| `")
    ]

    assert len(lines) > 60
    assert not [line for line in lines if line.endswith("|  |")]
