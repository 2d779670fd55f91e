"""`ivrflow flow` and `ivrflow switch`, on an installation without a running service."""

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.db.audit import SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.folder import BACKUPS, read_texts
from ivrflow.flow.load import load_site
from tests.unit.service.test_service import SETTINGS, TOKEN, installed, write

SWITCHES = "shut: {title: Shut, expires: 8h}\nnews: {title: News}\n"


class Installation:
    """An installation whose first version, "Hello.", was live."""

    def __init__(self, folder):
        self.folder, self.site = folder, folder / "site"
        self.settings, _ = installed(folder)
        write(self.site, "switches.yaml", SWITCHES)
        upgrade(self.url)
        self.first = self.goes_live(1_000.0)

    @property
    def url(self):
        return self.settings.url(self.settings.database)

    def with_database(self, work):
        async def main():
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(main())

    def goes_live(self, at):
        version, texts = load_site(self.site).version, read_texts(self.site)
        self.with_database(
            lambda db: SqlVersions(db).went_live(
                version, texts, by="api", at=at, tested=True
            )
        )
        return version

    def says(self, words):
        write(self.site, "prompts/en.yaml", f"hello: {words}\n")

    @property
    def words(self):
        return (self.site / "prompts/en.yaml").read_text()

    def audit(self):
        return self.with_database(lambda db: SqlAudit(db).newest())

    def run(self, *words):
        config = str(self.folder / "ivrflow.yaml")
        return CliRunner().invoke(main, [*words, "--config", config])


@pytest.fixture
def there(tmp_path):
    return Installation(tmp_path)


@contextmanager
def service(there, status, body):
    """A service whose API gives this answer; yields what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_address[1]
        text = SETTINGS.replace("api: {port: 0", f"api: {{port: {port}")
        write(there.folder, "ivrflow.yaml", text)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def test_versions_are_listed_the_last_one_first(there):
    there.says("Good day.")
    second = there.goes_live(2_000.0)

    lines = there.run("flow", "versions").output.splitlines()

    assert [line.split()[0] for line in lines] == ["version", second, there.first]
    assert lines[1].split()[-2:] == ["api", "yes"]


def test_files_of_a_version_are_shown(there):
    there.says("Good day.")

    assert "prompts/en.yaml" in there.run("flow", "show", there.first).output
    shown = there.run("flow", "show", there.first[:6], "prompts/en.yaml").output
    assert shown == "hello: Hello.\n"
    assert there.run("flow", "show", there.first, "x.yaml").exit_code == 1


def test_diff_without_names_is_the_live_version_and_the_files(there):
    assert there.run("flow", "diff").output == ""
    there.says("Good day.")

    assert there.run("flow", "diff").output.splitlines() == [
        f"--- {there.first}/prompts/en.yaml",
        "+++ files/prompts/en.yaml",
        "@@ -1 +1 @@",
        "-hello: Hello.",
        "+hello: Good day.",
    ]


def test_diff_of_two_versions(there):
    there.says("Good day.")
    second = there.goes_live(2_000.0)
    there.says("Good night.")

    lines = there.run("flow", "diff", second[:5], there.first[:5]).output.splitlines()
    assert lines[-2:] == ["-hello: Good day.", "+hello: Hello."]


def test_unknown_version_is_one_line_and_no_trace(there):
    for words in (("show", "zzzz"), ("diff", "zzzz"), ("rollback", "zzzz")):
        result = there.run("flow", *words)
        assert result.exit_code == 1
        assert result.output == (
            "Error: there is no version 'zzzz'; `ivrflow flow versions` lists them\n"
        )


def test_rollback_without_a_service_puts_the_files_back_and_says_so(there):
    there.says("Good day.")
    second = there.goes_live(2_000.0)

    result = there.run("flow", "rollback", there.first[:6])

    assert result.exit_code == 0, result.output
    assert there.words == "hello: Hello.\n"
    assert "at its next start" in result.output
    [copied] = (there.site / BACKUPS).glob("*/prompts/en.yaml")
    assert copied.read_text() == "hello: Good day.\n"
    entry = there.audit()[0]
    assert (entry.before, entry.after) == (second, there.first)
    assert entry.who.startswith("cli")


def test_rollback_tells_the_service(there):
    there.says("Good day.")
    with service(there, 200, {"version": there.first}) as asked:
        result = there.run("flow", "rollback", there.first)

    assert (result.exit_code, there.words) == (0, "hello: Hello.\n")
    assert asked == [("/api/site/reload", f"Bearer {TOKEN}")]
    assert f"{there.first} is live" in result.output


def test_rollback_that_the_service_refuses_changes_nothing(there):
    there.says("Good day.")
    problem = {"file": "x.yaml", "line": 1, "column": 2, "code": "R003"}
    body = {"error": "it stays", "problems": [{**problem, "message": "a talk"}]}
    with service(there, 422, body):
        result = there.run("flow", "rollback", there.first)

    assert (result.exit_code, there.words) == (1, "hello: Good day.\n")
    assert "x.yaml:1:2: R003 a talk" in result.output
    assert [e.what for e in there.audit()] == ["site goes live"]


def test_version_that_has_errors_today_is_not_put_back(there):
    broken = {"site.yaml": "languages: [en]\n"}
    there.with_database(
        lambda db: SqlVersions(db).went_live(
            "bad0bad0", broken, by="x", at=1.0, tested=False
        )
    )
    result = there.run("flow", "rollback", "bad0bad0")

    assert result.exit_code == 1
    assert "has errors today" in result.output
    assert there.words == "hello: Hello.\n"
    assert not (there.site / BACKUPS).exists()


def test_rollback_to_what_is_there_copies_nothing(there):
    result = there.run("flow", "rollback", there.first)

    assert result.exit_code == 0
    assert "already" in result.output
    assert not (there.site / BACKUPS).exists()


# Switches -----------------------------------------------------------------------------


def test_switch_is_thrown_listed_and_put_back(there):
    assert there.run("switch", "list").output == "shut: off\nnews: off\n"
    assert there.run("switch", "throw", "shut", "--for", "2h").exit_code == 0
    assert there.run("switch", "throw", "news").output == (
        "news: thrown until it is put back\n"
    )
    shut, news = there.run("switch", "list").output.splitlines()
    assert shut.startswith("shut: thrown by cli")
    assert news.endswith("until it is put back")

    assert there.run("switch", "back", "shut").output == "shut: off\n"
    assert there.run("switch", "list").output.startswith("shut: off\n")
    assert [e.what for e in there.audit()[:3]] == [
        "switch shut",
        "switch news",
        "switch shut",
    ]


def test_switch_works_while_somebody_writes_the_files(there):
    write(there.site, "switches.yaml", "shut: {title: ")

    assert there.run("switch", "throw", "shut").exit_code == 0
    assert "thrown" in there.run("switch", "list").output


def test_switch_is_known_before_the_service_ran_once(tmp_path):
    settings, _ = installed(tmp_path)
    write(tmp_path, "site/switches.yaml", SWITCHES)
    upgrade(settings.url(settings.database))
    words = ("switch", "list", "-c", str(tmp_path / "ivrflow.yaml"))

    assert CliRunner().invoke(main, words).output == "shut: off\nnews: off\n"


def test_audit_tells_who_changed_what_the_newest_first(there):
    there.run("switch", "throw", "news")
    there.run("switch", "back", "news")

    back, thrown, live = there.run("audit").output.splitlines()
    assert thrown.endswith(": switch news: off -> thrown")
    assert back.endswith(": switch news: thrown -> off")
    assert live.endswith(f"api: site goes live: nothing -> {there.first}")
    assert len(there.run("audit", "-n", "1").output.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("throw", "shot"), "did you mean 'shut'"),
        (("back", "shot"), "did you mean 'shut'"),
        (("throw", "shut", "--for", "9h"), "longer than 8h"),
        (("throw", "shut", "--for", "soon"), "not a duration"),
    ],
)
def test_mistake_is_told_and_changes_nothing(there, words, said):
    result = there.run("switch", *words)

    assert result.exit_code != 0
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert len(there.audit()) == 1
