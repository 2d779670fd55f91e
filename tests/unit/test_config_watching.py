"""The settings of metrics, logs and traces."""

import pytest

from ivrflow.config import BadConfig, read_settings

RIGHT = """\
site: hotline
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {password_file: ari}
api: {token_file: token}
"""


def read(folder, more=""):
    path = folder / "ivrflow.yaml"
    path.write_text(RIGHT + more, "utf-8")
    return read_settings(path)


def test_left_out_there_is_none_of_them(tmp_path):
    settings = read(tmp_path)

    assert (settings.metrics, settings.logs, settings.traces) == (None, None, None)


def test_each_has_its_defaults(tmp_path):
    more = 'logs: {}\ntraces: {url: "http://127.0.0.1:4318"}\n'
    settings = read(tmp_path, more)

    assert (settings.logs.format, settings.logs.level) == ("text", "info")
    assert settings.traces.share == 1
    assert settings.traces.token_file is None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("logs: {format: xml}\n", "logs.format"),
        ("logs: {level: loud}\n", "logs.level"),
        ("metrics: {}\n", "'metrics.token_file' is missing"),
        ("metrics: {token: x}\n", "there is no setting 'metrics.token'"),
        ('traces: {url: "collector:4318"}\n', "begins with http"),
        ('traces: {url: "http://c", share: 0}\n', "share"),
        ('traces: {url: "http://c", share: 1.5}\n', "share"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, more, told):
    with pytest.raises(BadConfig) as bad:
        read(tmp_path, more)

    assert "ivrflow.yaml:6:" in str(bad.value)
    assert told in str(bad.value)
