"""The schemas: what they accept, what they mark, and that they say what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from pydantic_core import PydanticCustomError

from ivrflow.cli.schema import write
from ivrflow.flow.folder import files_in
from ivrflow.flow.kind import Kind
from ivrflow.flow.kinds import (
    AgentNumbered,
    DigitsRange,
    Duration,
    DurationRange,
    Key,
    Keys,
    MenuKey,
    Number,
    QueueName,
    StepName,
    Whole,
)
from ivrflow.flow.reference import FILES
from ivrflow.flow.schema import globs, names_of
from ivrflow.flow.site.agents import Level
from ivrflow.flow.site.hours import Country, Dates, Days, MakeUp, Ranges
from ivrflow.flow.site.numbers import Dialled
from ivrflow.flow.site.settings import Language
from ivrflow.flow.source import Scalar
from ivrflow.flow.step import VERBS
from ivrflow.shipped import shipped
from ivrflow.sim.rehearsal.model import Heard, Pressed
from tests.editor_rig import Editor

SITES = sorted(path.name for path in shipped("flows").iterdir())


@pytest.fixture(scope="module")
def editor():
    return Editor()


@pytest.fixture(scope="module")
def hotline():
    """An editor that knows the names of the sample."""
    return Editor(names_of(shipped("flows") / "hotline"))


# What is right ------------------------------------------------------------------------


@pytest.mark.parametrize("site", SITES)
def test_every_file_of_the_shipped_sites_is_accepted(editor, site):
    folder = shipped("flows") / site

    marks = {str(p): editor.marks_file(p, folder) for p in files_in(folder)}

    assert not any(marks.values()), marks


@pytest.mark.parametrize("site", SITES)
def test_a_site_is_accepted_with_its_own_names_as_the_only_ones(site):
    folder = shipped("flows") / site
    editor = Editor(names_of(folder))

    marks = {str(p): editor.marks_file(p, folder) for p in files_in(folder)}

    assert not any(marks.values()), marks


def test_there_is_a_schema_for_every_file_of_a_site(editor):
    assert set(editor.schemas) == set(globs())
    assert set(FILES) < set(globs().values())


def test_the_schemas_are_draft_07(editor, hotline):
    for schema in (*editor.schemas.values(), *hotline.schemas.values()):
        Draft7Validator.check_schema(schema)
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


# What is wrong ------------------------------------------------------------------------

HEAD = "flow: f\nsteps:\n  a:\n"

STEPS = {
    "sya": "    sya: hello",
    "promt": "    {say: hi, promt: x}",
    "barge_inn": "    {say: hi, barge_inn: no}",
    "fi": "    say: [{say: hi, fi: now.hour > 3}]",
    "trys": "    {menu: m, keys: {1: b}, trys: 2}",
    "'keys'": "    {menu: m}",
    "faild": "    {menu: m, keys: {1: b}, faild: b}",
    "tehn": "    {menu: m, keys: {1: {tehn: b}}}",
    "'x'": "    {menu: m, keys: {x: b}}",
    "'*'": '    {menu: m, keys: {"*": b}}',
    "'maybe'": "    {menu: m, keys: {1: b}, barge_in: maybe}",
    "tries: 'often'": "    {menu: m, keys: {1: b}, tries: often}",
    "wait: 'soon'": "    {menu: m, keys: {1: b}, wait: soon}",
    "wait: 5": "    {menu: m, keys: {1: b}, wait: 5}",
    "failed: 'Bye'": "    {menu: m, keys: {1: b}, failed: Bye}",
    "digts": "    {ask: number, digts: 4}",
    "digits: 'four'": "    {ask: number, digits: four}",
    "'colour'": "    {ask: number, as: colour}",
    "secret: True": "    {ask: number, digits: 4, secret: true}",
    "end_keys: 'pound'": "    {ask: number, digits: 4, end_keys: pound}",
    "'card'": "    {authenticate: customers, pin: {ask: pin, digits: 6}}",
    "digit'": "    {authenticate: c, card: {ask: card, digit: 12}}",
    "'for'": "    {authenticate: c, card: {ask: q, digits: 2}, lock: {after: 3, "
    "within: 1h}}",
    "holidays": "    {open: office, yes: b, holidays: b}",
    "els": "    choose: [{if: x, then: b}, {els: c}]",
    "shares": "    choose: {shares: {b: 100}}",
    "savee": "    {lookup: customers, savee: c}",
    "not-found": "    {lookup: customers, not-found: b}",
    "'say' is a required": "    {browse: list, keys: {1: next}}",
    "skilss": "    {queue: service, skilss: {billing: 3}}",
    "levl": "    {queue: service, skills: {billing: {is: x, levl: 3}}}",
    "max_wait: '5 minutes'": "    {queue: service, max_wait: 5 minutes}",
    "no_agent'": "    {queue: service, no_agent: b}",
    "after": "    {queue: service, widen: [{drop: district}]}",
    "quene": "    transfer: {quene: service}",
    "'somehow'": "    {transfer: 057188880101, mode: somehow}",
    "emial": "    send: {emial: a@example.com}",
    "record: 'some'": "    record: some",
    "reject: 'gone'": "    reject: gone",
    "wait: 'long'": "    wait: long",
    "mailboxx": "    {voicemail: office, mailboxx: x}",
    "'say' was unexpected": "    {say: hi, menu: m}",
}
"""What the message must hold -> a step that is wrong."""


@pytest.mark.parametrize(("named", "step"), STEPS.items(), ids=list(STEPS))
def test_the_mark_names_what_is_wrong_in_a_step(editor, named, step):
    marked = editor.marks("flow", f"{HEAD}{step}\n")

    assert named in marked
    assert "valid under any" not in marked


FILES_WITH_MISTAKES = [
    ("flow", "flow: f\nstepps: {a: {say: hi}}", "stepps"),
    ("flow", "flow: f", "'steps'"),
    ("flow", "flow: f\nsteps: {back: {say: hi}}", "'back'"),
    ("flow", "flow: f\nsteps: {Main: {say: hi}}", "'Main'"),
    ("flow", "flow: f\nalways: {0: {tehn: a}}\nsteps: {a: {say: hi}}", "tehn"),
    ("site", "languages: [en]", "'timezone'"),
    ("site", "languages: [en]\ntimezone: UTC\ntitel: x", "titel"),
    ("site", "languages: []\ntimezone: UTC", "languages: []"),
    ("numbers", '"100": {folw: f}', "folw"),
    ("numbers", "abc: f", "'abc'"),
    ("hours", "office: {mon-fry: 08:00-12:00}", "'mon-fry'"),
    ("hours", "office: {mon-fri: 8 to 12}", "8 to 12"),
    ("hours", "office: {mon: closed, exept: {2026-10-08: closed}}", "exept"),
    ("switches", "outage: {expire: 4h}", "expire"),
    ("data", "c: {database: crm, sqll: select 1}", "sqll"),
    ("data", "c: {database: crm, sql: select 1, gives: {a: numbr}}", "numbr"),
    ("queues", "service: {rings: 20s}", "rings"),
    ("queues", "service: {choose: anyone}", "'anyone'"),
    ("queues", "pauses: {lunch: an hour}", "an hour"),
    ("agents", "agents: {1001: {name: Li, skils: {a: 3}}}", "skils"),
    ("agents", "agents: {1001: {name: Li, skills: {a: 11}}}", "skills.a: 11"),
    ("agents", "agents: {1001: {endpoint: PJSIP/1001}}", "'name'"),
    ("mailboxes", "office: {greting: hello}", "greting"),
    ("mailboxes", "office: {tell: [{email: a@b.c, attach: mp3}]}", "'mp3'"),
    ("prompts", "ask_it: {first: a, wrnog: b}", "wrnog"),
    ("prompts", "Hello: a", "'Hello'"),
    ("tests", "t: {talk: []}", "'tests'"),
    ("tests", "tests: f\nt: {tallk: []}", "tallk"),
    ("tests", "tests: f\nt: {talk: [{heers: welcome}]}", "heers"),
    ("tests", "tests: f\nt: {talk: [{waits: 5}]}", "waits: 5"),
]


@pytest.mark.parametrize(("kind", "text", "named"), FILES_WITH_MISTAKES)
def test_the_mark_names_what_is_wrong_in_a_file(editor, kind, text, named):
    assert named in editor.marks(kind, text)


# The site's own names -----------------------------------------------------------------


def test_names_that_the_site_has_not_are_marked(hotline):
    flow = "flow: hotline\nsteps:\n  a:\n    "

    assert "'survy'" in hotline.marks("flow", f"{flow}{{say: welcome, then: survy}}")
    assert "'servise'" in hotline.marks("flow", f"{flow}queue: servise")
    assert "'offise'" in hotline.marks("flow", f"{flow}open: offise")
    assert "'balanse'" in hotline.marks("flow", f"{flow}lookup: balanse")
    assert "'welcom'" in hotline.marks("flow", f"{flow}say: welcom")
    assert "'surveys'" in hotline.marks("flow", f"{flow}call: surveys")


def test_texts_and_names_from_the_data_are_no_names_of_the_site(hotline):
    flow = "flow: hotline\nsteps:\n  a:\n    "

    assert hotline.marks("flow", f"{flow}say: Welcome to us.") == ""
    assert hotline.marks("flow", flow + 'queue: "${customer.queue}"') == ""
    assert hotline.marks("flow", f"{flow}hangup: yes") == ""


def test_each_flow_knows_its_own_steps_only(hotline):
    steps = {"hotline": "main_menu", "survey": "keep"}
    for flow, step in steps.items():
        for wanted in steps.values():
            text = f"flow: {flow}\nsteps: {{a: {{say: hi there, then: {wanted}}}}}"
            marked = hotline.marks("flow", text)
            assert (wanted in marked) == (wanted != step), marked


def test_a_flow_that_is_being_begun_may_have_any_steps(hotline):
    text = (
        "flow: brand_new\nsteps: {first: {say: welcome, then: last}, last: {wait: 1s}}"
    )

    assert hotline.marks("flow", text) == ""


def test_names_are_read_from_a_site_that_is_not_right_yet(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/f.yaml").write_text("flow: f\nsteps: {a: {sya: x}, b: }\n")
    (tmp_path / "queues.yaml").write_text("service: {rings: 1}\npauses: {lunch: 1h}\n")
    (tmp_path / "hours.yaml").write_text("office: {mon: [")

    names = names_of(tmp_path)

    assert names.steps == {"f": ("a", "b")}
    by_kind = {kind.__name__: found for kind, found in names.known.items()}
    assert by_kind["QueueName"] == ("service",)
    assert "TimetableName" not in by_kind, "what can't be read is left open"


# Kinds --------------------------------------------------------------------------------


def _kinds(kind=Kind):
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


SHOWN = [
    (kind, example)
    for kind in _kinds()
    if kind.__module__.startswith(("ivrflow.flow.", "ivrflow.sim.rehearsal."))
    for example in kind.examples
]


def fits(kind, value):
    return Draft7Validator(kind.schema()).is_valid(value)


@pytest.mark.parametrize(
    ("kind", "example"), SHOWN, ids=[f"{kind.__name__}-{e}" for kind, e in SHOWN]
)
def test_an_example_is_one_that_the_loader_reads_and_the_schema_takes(kind, example):
    kind.read(Scalar(str(example)))

    assert fits(kind, example)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Duration, "1.5s"),
        (Duration, "5 m"),
        (DurationRange, "2s .. 2m"),
        (DigitsRange, "4 .. 8"),
        (Whole, "007"),
        (Number, "+2"),
        (Keys, "star, hash"),
        (Keys, "1 2 hash"),
        (MenuKey, "10"),
        (AgentNumbered, "${customer.agent}"),
        (QueueName, "${customer.queue}"),
        (Dialled, "+49*1#"),
        (Language, "zh-Hans-CN"),
        (Days, "mon-wed, fri sun"),
        (Ranges, "8:30-12:00,13:00 - 17:30"),
        (Dates, "2027-02-05 .. 2027-02-12"),
        (MakeUp, "as sat"),
        (Country, "DE-BY"),
        (Level, "10"),
        (Heard, "enter_pin.silent"),
        (Pressed, "330106 hash 1"),
    ],
)
def test_whatever_the_loader_reads_the_schema_takes_too(kind, written):
    kind.read(Scalar(written))

    assert fits(kind, written)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Duration, "5"),
        (Duration, "soon"),
        (DurationRange, "2..120s"),
        (DigitsRange, "many"),
        (Whole, "-1"),
        (Key, "pound"),
        (Keys, "hashstar"),
        (StepName, "repeat"),
        (StepName, "Main"),
        (QueueName, "My queue"),
        (Dialled, "hotline"),
        (Days, "monday"),
        (Ranges, "8 to 12"),
        (MakeUp, "like mon"),
        (Country, "China"),
        (Level, "11"),
        (Heard, "enter_pin.first_time"),
    ],
)
def test_neither_takes_what_is_wrong(kind, wrong):
    with pytest.raises(PydanticCustomError):
        kind.read(Scalar(wrong))

    assert not fits(kind, wrong)


# What is told -------------------------------------------------------------------------


def _keys(schema, way=()):
    """Every key in a schema, with the way to it."""
    if isinstance(schema, list):
        for one in schema:
            yield from _keys(one, way)
    if not isinstance(schema, dict):
        return
    for name, inside in schema.items():
        if name == "properties":
            for key, one in inside.items():
                yield (*way, key), one
                yield from _keys(one, (*way, key))
        elif name not in ("if", "examples", "default"):
            yield from _keys(inside, (*way, name))


UNTOLD = [str(number) for number in range(10)] + ["star", "hash"]
"""Keys of a telephone: what they are for is said one level above."""


def test_every_key_is_described_with_an_example_or_its_values(editor):
    bare = []
    for name, schema in editor.schemas.items():
        for way, key in _keys(schema):
            if way[-1] in UNTOLD:
                continue
            values = key.get("enum") or key.get("anyOf") or key.get("examples")
            later = "not built yet" in key.get("description", "")
            if not key.get("description") or not (values or later):
                bare.append((name, ".".join(way)))

    assert not bare


def test_every_example_and_default_is_accepted_by_its_own_key(editor):
    tried = 0
    for schema in editor.schemas.values():
        for way, key in _keys(schema):
            whole = {"definitions": schema.get("definitions", {}), "allOf": [key]}
            values = [
                *key.get("examples", ()),
                *[key[d] for d in ["default"] if d in key],
            ]
            for value in values:
                tried += 1
                errors = list(Draft7Validator(whole).iter_errors(value))
                assert not errors, (way, value, errors)

    assert tried > 300


def test_a_verb_tells_what_it_does_before_it_is_chosen(editor):
    verbs = editor.schemas["flow"]["definitions"]["verb"]["properties"]

    assert set(verbs) == set(VERBS)
    assert verbs["say"]["description"].startswith("Say a prompt, a text, or a list")


def test_no_schema_asks_for_one_of_many(editor):
    def inside(schema):
        if isinstance(schema, dict):
            yield from schema
            for one in schema.values():
                yield from inside(one)
        elif isinstance(schema, list):
            for one in schema:
                yield from inside(one)

    for schema in editor.schemas.values():
        assert "oneOf" not in set(inside(schema))


# The command --------------------------------------------------------------------------


def test_a_folder_of_a_flow_that_is_gone_loses_its_schema(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "site.yaml").write_text("languages: [en]\ntimezone: UTC\n")
    old = tmp_path / "flows/old.yaml"
    old.write_text("flow: old\nsteps: {a: {wait: 1s}}\n")
    into = tmp_path / "schema"

    write(tmp_path, into, here=True)
    assert (into / "flow-old.json").is_file()
    old.rename(Path(tmp_path / "flows/new.yaml")).write_text(
        "flow: new\nsteps: {a: {wait: 1s}}\n"
    )
    changed = {path.name for path in write(tmp_path, into, here=True)}

    named = {"flow.json", "numbers.json", "queues.json", "tests.json"}
    assert changed == {*named, "flow-new.json"} | (changed & {"flow-any.json"})
    assert not (into / "flow-old.json").exists()
    assert write(tmp_path, into, here=True) == []
