"""What is shown of the settings: all that counts, with its origin, and no secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.config.kinds import Argument, SecretUrl, Url
from ivrflow.config.reading import read_layers
from ivrflow.config.showing import as_text, shown

RIGHT = """\
site: hotline
database: postgresql://ivr:canary-1@db/ivrflow
pepper_file: secrets/pepper
ari: {password_file: secrets/ari}
api: {token_file: secrets/token}
databases: {crm: "postgresql://u:canary/2?x@db/crm?password=canary-3&sslmode=require"}
sms: {url: "https://sms.example.com/send?api_key=canary-4"}
alarms: {webhook: "https://hooks.example.com/services/canary-5", mail: [a@example.com]}
transcripts:
  with: command
  command: [listen, --key, canary-6, "--token=canary-7", "-pcanary-8", "{language}"]
drain: 90s
"""


def all_shown(tmp_path, environ=None, text=RIGHT):
    path = tmp_path / "ivrflow.yaml"
    path.write_text(text, "utf-8")
    return shown(*read_layers(path, environ or {}))


def test_nothing_that_may_be_a_secret_is_shown(tmp_path):
    found = all_shown(tmp_path)

    assert "canary" not in repr(found)
    assert "canary" not in as_text(found, origin=True)


def test_a_masked_url_still_tells_where_it_leads(tmp_path):
    found = {one.key: one.value for one in all_shown(tmp_path)}

    assert found["database"] == '"postgresql://ivr:******@db/ivrflow"'
    assert found["sms.url"] == '"https://sms.example.com/send?api_key=******"'
    assert found["alarms.webhook"] == '"https://hooks.example.com/******"'
    assert found["transcripts.command"] == (
        '[listen, "--key", "******", "******", "******", "{language}"]'
    )


def test_each_setting_says_where_it_comes_from(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/x.yaml").write_text("ari: {user: me}\n")

    found = all_shown(tmp_path, {"IVRFLOW_API__PORT": "9000"})

    origin = {one.key: one.origin.replace(f"{tmp_path}/", "") for one in found}
    assert origin["site"] == "ivrflow.yaml:1:1"
    assert origin["ari.password_file"] == "ivrflow.yaml:4:7"
    assert origin["ari.user"] == "conf.d/x.yaml:1:7"
    assert origin["ari.url"] == "default"
    assert origin["api.port"] == "IVRFLOW_API__PORT"
    assert origin["databases.crm"] == "ivrflow.yaml:6:13"


def test_defaults_and_what_is_off_are_shown_too(tmp_path):
    text = as_text(all_shown(tmp_path))

    assert "\nari:\n  url: http://127.0.0.1:8088/ari\n  user: ivrflow\n" in text
    assert "\n# smtp: left out\n" in text
    assert "\ndrain: 90s\n" in text
    assert "\nupgrade: yes\n" in text


def test_what_is_shown_is_yaml_that_says_the_same(tmp_path):
    text = RIGHT.split("databases:")[0].replace(":canary-1@", "@")
    first = all_shown(tmp_path, text=text + 'rehearse: {"138": 2026-03-02 10:00}\n')

    again = all_shown(tmp_path, text=as_text(first, origin=True))

    assert [(o.key, o.value) for o in again] == [(o.key, o.value) for o in first]


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("sqlite:////var/lib/x.db", "sqlite:////var/lib/x.db"),
        ("sqlite:///x@y.db", "sqlite:///x@y.db"),
        ("http://127.0.0.1:8088/ari", "http://127.0.0.1:8088/ari"),
        ("postgresql://u:p/a?s#s@w@h/n", "postgresql://u:******@h/n"),
        ("https://h/x?a=b@c&token=d", "https://h/x?a=******&token=******"),
        ("https://h/x?token", "https://h/x?******"),
        ("https://u@h/x", "https://******@h/x"),
        ("https://u:p@h/x", "https://******@h/x"),
        ("postgresql://a/u:p@h/n", "postgresql://a/u:******@h/n"),
        ("", ""),
    ],
)
def test_of_a_url_passwords_and_values_are_masked(url, seen):
    assert Url(url).shown == seen


@given(st.text(), st.sampled_from(["postgresql", "http", "mysql+x"]))
def test_no_password_of_a_url_is_shown_whatever_is_in_it(text, scheme):
    url = Url(f"{scheme}://user:{text}canary{text}@host/path")

    assert "canary" not in url.shown


@given(st.text(), st.text())
def test_no_value_of_a_query_is_shown(before, after):
    assert "canary" not in Url(f"http://h/x?{before}key=canary&{after}").shown


def test_of_a_webhook_only_the_host_is_shown():
    assert SecretUrl("https://u:p@h:80?x=y").shown == "https://h:80/******"
    assert SecretUrl("https://h/a/b").shown == "https://h/******"


@pytest.mark.parametrize("word", ["hunter2", "-phunter2", "--key=hunter2", "a b", ""])
def test_an_argument_that_may_be_a_password_is_masked(word):
    assert Argument(word).shown == "******"


@pytest.mark.parametrize("word", ["-", "-x", "--verbose", "{out}", "/usr/bin/say-it"])
def test_options_and_files_of_a_program_are_shown(word):
    assert Argument(word).shown == word
