"""Settings in layers: what comes later counts; each mistake is told at its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivrflow.config import BadConfig, Settings
from ivrflow.config.layers import DEEPER, PREFIX
from ivrflow.config.reading import read_layers, read_settings
from ivrflow.config.shape import fields_of, part_of

RIGHT = """\
site: hotline
database: sqlite:///ivrflow.db
pepper_file: secrets/pepper
ari: {password_file: secrets/ari}
api: {token_file: secrets/token}
"""


def folder_with(tmp_path, main=RIGHT, **beside):
    """A folder with the settings and files of conf.d: name (without end) -> text."""
    path = tmp_path / "ivrflow.yaml"
    if main is not None:
        path.write_text(main, "utf-8")
    for name, text in beside.items():
        (tmp_path / "conf.d").mkdir(exist_ok=True)
        (tmp_path / "conf.d" / f"{name}.yaml").write_text(text, "utf-8")
    return path


def wrong(path, **environ):
    """The lines of what is told, without the folder's name."""
    with pytest.raises(BadConfig) as bad:
        read_settings(path, environ)
    return str(bad.value).replace(f"{path.parent}/", "").splitlines()


# conf.d -------------------------------------------------------------------------------


def test_files_of_conf_d_are_laid_over_the_file_in_order_of_their_names(tmp_path):
    path = folder_with(
        tmp_path,
        b="ari: {user: second}\ndrain: 8s\n",
        a="ari: {user: first, app: hotline}\n",
    )

    read = read_settings(path, {})

    assert (read.ari.user, read.ari.app) == ("second", "hotline")
    assert read.ari.password_file == "secrets/ari"
    assert read.drain == 8


def test_a_list_is_replaced_and_never_grown(tmp_path):
    main = RIGHT + "voicemail: {keys: [a, b], room: 7}\n"
    path = folder_with(tmp_path, main, x="voicemail: {keys: [c]}\n")

    read = read_settings(path, {})

    assert list(read.voicemail.keys) == ["c"]
    assert read.voicemail.room == 7


def test_names_of_databases_come_together_from_all_layers(tmp_path):
    main = RIGHT + 'databases: {crm: "sqlite:///crm.db"}\n'
    path = folder_with(tmp_path, main, erp='databases: {erp: "sqlite:///erp.db"}\n')

    read = read_settings(path, {"IVRFLOW_DATABASES__WMS": "sqlite:///wms.db"})

    assert sorted(read.databases) == ["crm", "erp", "wms"]


def test_paths_in_conf_d_count_from_the_folder_of_the_file_itself(tmp_path):
    path = folder_with(tmp_path, x="site: other\n")

    read = read_settings(path, {})

    assert read.path(read.site) == tmp_path / "other"


def test_copies_that_editors_and_packages_leave_are_not_read(tmp_path):
    path = folder_with(tmp_path, x="drain: 8s\n")
    for name in ("x.yaml~", ".y.yaml", "x.yaml.dpkg-old", "README"):
        (tmp_path / "conf.d" / name).write_text("drain: 9s\n")

    assert read_settings(path, {}).drain == 8


def test_a_file_that_ends_in_yml_is_told_as_it_would_be_passed_over(tmp_path):
    path = folder_with(tmp_path, x="")
    (tmp_path / "conf.d/local.yml").write_text("drain: 8s\n")

    assert wrong(path) == [
        "conf.d/local.yml:1:1: C001 it would not be read; call it local.yaml"
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_of_conf_d_says_nothing(tmp_path, text):
    assert read_settings(folder_with(tmp_path, x=text), {}).drain == 5


@pytest.mark.parametrize("text", ["- a\n", "just words\n", "a: [\n", "a: 1\na: 2\n"])
def test_what_is_no_table_of_settings_is_told_with_its_file(tmp_path, text):
    for line in wrong(folder_with(tmp_path, x=text)):
        assert line.startswith("conf.d/x.yaml:")


def test_mistakes_of_all_layers_are_told_at_once_each_at_its_place(tmp_path):
    path = folder_with(
        tmp_path,
        RIGHT.replace("site: hotline\n", "") + "drian: 5s\n",
        x="\napi: {port: soon}\n",
    )

    assert wrong(path, IVRFLOW_ARI__USR="me") == [
        "conf.d/x.yaml:2:13: C001 api.port: 'soon' is not a whole number",
        "ivrflow.yaml:1:1: C001 'site' is missing",
        "ivrflow.yaml:5:1: C001 there is no setting 'drian'; did you mean 'drain'?",
        "IVRFLOW_ARI__USR: C001 there is no setting 'ari.usr'; did you mean 'user'?",
    ]


# Variables ----------------------------------------------------------------------------


def test_a_variable_counts_more_than_any_file(tmp_path):
    path = folder_with(tmp_path, x="ari: {url: http://b/ari}\n")

    read = read_settings(path, {"IVRFLOW_ARI__URL": "http://c:8088/ari"})

    assert read.ari.url == "http://c:8088/ari"


@pytest.mark.parametrize(
    ("name", "text", "found", "wanted"),
    [
        ("IVRFLOW_SMTP__FROM", "i@x.org", lambda s: s.smtp.sender, "i@x.org"),
        ("IVRFLOW_SECRETS__ERP", "/etc/erp", lambda s: s.secrets["erp"], "/etc/erp"),
        ("IVRFLOW_VOICEMAIL__KEYS", "[a]", lambda s: list(s.voicemail.keys), ["a"]),
        ("IVRFLOW_LIMITS", "{calls: 7}", lambda s: s.limits.calls, 7),
        (
            "IVRFLOW_SPEECH",
            "{cache: c, voices: {zh-CN: {with: kokoro}}}",
            lambda s: s.speech.voices["zh-CN"].provider,
            "kokoro",
        ),
        ("IVRFLOW_UPGRADE", "no", lambda s: s.upgrade, False),
    ],
)
def test_each_kind_of_setting_can_be_set_by_a_variable(
    tmp_path, name, text, found, wanted
):
    path = folder_with(tmp_path, RIGHT + "smtp: {host: h, from: x@example.com}\n")

    assert found(read_settings(path, {name: text})) == wanted


def test_a_key_by_a_variable_is_laid_over_a_table_by_one(tmp_path):
    read = read_settings(
        folder_with(tmp_path),
        {"IVRFLOW_LIMITS__CALLS": "8", "IVRFLOW_LIMITS": "{calls: 7, above: overflow}"},
    )

    assert (read.limits.calls, read.limits.above) == (8, "overflow")


def test_braces_in_a_text_are_no_table(tmp_path):
    path = folder_with(
        tmp_path, RIGHT + "outbound: {endpoint: 'PJSIP/{number}@a', prefixes: ['1']}\n"
    )
    value = "[x]"

    assert read_settings(path, {"IVRFLOW_SITE": value}).site == value


def test_an_empty_variable_counts_as_none(tmp_path):
    assert read_settings(folder_with(tmp_path), {"IVRFLOW_SITE": ""}).site == "hotline"


def test_variables_of_a_container_that_are_no_settings_are_passed_over(tmp_path):
    environ = {
        "IVRFLOW_SERVICE_HOST": "10.0.0.1",
        "IVRFLOW_PORT_8090_TCP": "tcp://10.0.0.1:8090",
        "IVRFLOW_ASTERISK": "/usr/sbin/asterisk",
        "IVRFLOW_CACHE": "/var/cache",
        "IVRFLOW_CONFIG": "x.yaml",
        "PATH": "/bin",
    }

    _, layers = read_layers(folder_with(tmp_path), environ)

    assert (layers.variables, layers.strangers) == ((), ())


def test_a_variable_that_looks_like_a_slip_is_named_as_a_stranger(tmp_path):
    _, layers = read_layers(folder_with(tmp_path), {"IVRFLOW_DRIAN": "8s"})

    assert layers.strangers == ("IVRFLOW_DRIAN is no setting; did you mean 'drain'?",)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("IVRFLOW_AIR__URL", "x", "there is no setting 'air'; did you mean 'ari'?"),
        (
            "IVRFLOW_ARI__URLL",
            "x",
            "there is no setting 'ari.urll'; did you mean 'url'?",
        ),
        ("IVRFLOW_API__PORT", "x", "api.port: 'x' is not a whole number"),
        (
            "IVRFLOW_DRAIN",
            "5",
            "drain: '5' is not a duration; write it with a unit: 5s",
        ),
        ("IVRFLOW_UPGRADE", "true", "upgrade: write yes or no, not 'true'"),
        ("IVRFLOW_SITE", "a\nb", "one line of what can be printed is wanted"),
        ("IVRFLOW_SITE", "a\udcff", "one line of what can be printed is wanted"),
        ("IVRFLOW_SITE__NAME", "x", "site: a folder is wanted here, not a table"),
    ],
)
def test_a_variable_that_is_wrong_is_named_with_its_cure(tmp_path, name, text, told):
    [line] = wrong(folder_with(tmp_path), **{name: text})

    assert line == f"{name}: C001 {told}"


def test_a_mistake_inside_of_a_variable_has_its_character(tmp_path):
    [line] = wrong(folder_with(tmp_path), IVRFLOW_LIMITS="{calls: 7, abvoe: busy}")

    assert line == (
        "IVRFLOW_LIMITS, character 12: C001 there is no setting 'limits.abvoe'; did "
        "you mean 'above'?"
    )


def test_a_password_in_a_variable_is_refused_and_not_repeated(tmp_path):
    lines = wrong(folder_with(tmp_path), IVRFLOW_ARI__PASSWORD="canary-77")

    assert lines == [
        "IVRFLOW_ARI__PASSWORD: C001 there is no setting 'ari.password'; did you mean "
        "'password_file'?"
    ]


def every_variable(model=Settings, way=()):
    """Each name that a variable may have, but those in tables with free keys."""
    for key, info in fields_of(model).items():
        part = part_of(info.annotation)
        if part is not None:
            yield from every_variable(part, (*way, key))
        else:
            yield PREFIX + DEEPER.join((*way, key)).upper()


PIECES = st.lists(
    st.sampled_from([*"[]{}:,# '\"\n-&*!|>%@", "ari", "a: b", "1s", "no"])
)
TEXTS = st.one_of(st.text(), PIECES.map("".join))


def told_of(path, environ):
    """The lines of what is wrong; [] if nothing is."""
    try:
        read_settings(path, environ)
    except BadConfig as bad:
        return str(bad).splitlines()
    return []


@given(st.dictionaries(st.sampled_from(list(every_variable())), TEXTS, max_size=4))
def test_whatever_stands_in_variables_is_read_or_told(tmp_path_factory, environ):
    path = folder_with(tmp_path_factory.mktemp("settings"))

    for line in told_of(path, environ):
        assert line.startswith("IVRFLOW_"), line


@given(TEXTS)
@example("\x80")
def test_whatever_stands_in_conf_d_is_read_or_told(tmp_path_factory, text):
    path = folder_with(tmp_path_factory.mktemp("settings"))
    (path.parent / "conf.d").mkdir()
    (path.parent / "conf.d/x.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))

    for line in told_of(path, {}):
        assert line.startswith(f"{path.parent}/conf.d/x.yaml:"), line


# Without the file ---------------------------------------------------------------------

ALL = {
    "IVRFLOW_SITE": "hotline",
    "IVRFLOW_DATABASE": "sqlite:///ivrflow.db",
    "IVRFLOW_PEPPER_FILE": "pepper",
    "IVRFLOW_ARI__PASSWORD_FILE": "credential:ari",
    "IVRFLOW_API__TOKEN_FILE": "token",
}


def test_variables_alone_are_enough_where_they_say_all_that_must_be_given(tmp_path):
    read, layers = read_layers(folder_with(tmp_path, None), ALL)

    assert read.path(read.site) == tmp_path / "hotline"
    assert layers.files == ()
    assert layers.variables == tuple(sorted(ALL))


def test_a_file_that_is_not_there_is_told_beside_what_lacks(tmp_path):
    path = folder_with(tmp_path, None)
    lines = wrong(path, **{k: v for k, v in ALL.items() if k != "IVRFLOW_SITE"})

    assert lines[0].startswith("ivrflow.yaml: cannot read the settings: No such file")
    assert lines[1:] == ["ivrflow.yaml:1:1: C001 'site' is missing"]


def test_environment_of_the_process_counts_where_no_other_is_given(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("IVRFLOW_DRAIN", "9s")

    assert read_settings(folder_with(tmp_path)).drain == 9
