"""A client of yaml-language-server, which is what VS Code and Neovim ask about YAML.

It is fetched from npm into the user's cache, once for each version: tests that need it
are skipped, with the reason, where there is no node, or where it can't be fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

VERSION = "2.0.0"
"""The one that the tests were written with; npm has them all."""

CURSOR = "|"


def server() -> list[str]:
    """The command that starts it; skips the test where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("yaml-language-server needs node and npm, which are not here")
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "ivrflow-tests" / f"yaml-language-server-{VERSION}"
    program = folder / "node_modules/yaml-language-server/bin/yaml-language-server"
    if not program.is_file():
        _fetch(npm, folder)
    return [node, str(program), "--stdio"]


def _fetch(npm: str, folder: Path) -> None:
    """Install it whole or not at all: another test run may be doing the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        command += ["--prefix", made, f"yaml-language-server@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"yaml-language-server can't be fetched from npm: {last}")
        if not folder.exists():
            os.replace(made, folder)
            Path(made).mkdir()  # for the context manager, which removes it


class LanguageServer:
    """One that runs, in a folder with schemas."""

    def __init__(self, root: Path, schemas: dict[str, str]) -> None:
        """*schemas*: the path of a schema below *root* -> the files that it is for."""
        self._process = subprocess.Popen(
            server(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._root = root
        self._asked = self._opened = 0
        self._configured = False
        self._settings = {
            "yaml": {
                "schemas": {(root / k).as_uri(): v for k, v in schemas.items()},
                "schemaStore": {"enable": False},
                "validate": True,
                "completion": True,
                "hover": True,
            }
        }
        folder = {"uri": root.as_uri(), "name": root.name}
        snippets = {"completionItem": {"snippetSupport": True}}
        capabilities = {
            "textDocument": {"completion": snippets},
            "workspace": {"configuration": True},
        }
        self._ask(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            workspaceFolders=[folder],
            capabilities=capabilities,
        )
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=self._settings)
        while not self._configured:  # until then it knows no schema
            self._serve(self._read())

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._ask("shutdown")
        self._tell("exit")
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(10)

    def completes(self, file: str, text: str) -> dict[str, str]:
        """What is offered where `|` stands in *text*: word -> what is told about it."""
        uri, position = self._open(file, text)
        found = self._ask("textDocument/completion", **position)
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return {
            item["label"]: _told(item.get("documentation")) for item in found["items"]
        }

    def hovers(self, file: str, text: str) -> str:
        """What is told about the word at `|`."""
        uri, position = self._open(file, text)
        found = self._ask("textDocument/hover", **position)
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return _told(found["contents"]) if found else ""

    def marks(self, file: str, text: str) -> list[str]:
        """The messages about a file."""
        uri, _ = self._open(file, text)
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                if message["params"]["uri"] == uri:
                    break
            else:
                self._serve(message)
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return [str(one["message"]) for one in message["params"]["diagnostics"]]

    def _open(self, file: str, text: str) -> tuple[str, dict[str, Any]]:
        before, _, after = text.partition(CURSOR)
        self._opened += 1
        # In a folder of its own: what is told about the last one is none of this one's.
        uri = (self._root / str(self._opened) / file).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1}
        self._tell(
            "textDocument/didOpen", textDocument={**document, "text": before + after}
        )
        lines = before.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return uri, {"textDocument": {"uri": uri}, "position": position}

    # The protocol ---------------------------------------------------------------------

    def _ask(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._serve(message)

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _serve(self, message: dict[str, Any]) -> None:
        """Answer what the server asks; its news are for nobody."""
        if "id" not in message:
            return
        result: Any = None
        if message["method"] == "workspace/configuration":
            wanted = message["params"]["items"]
            result = [self._settings.get(one["section"], {}) for one in wanted]
            self._configured = True
        self._send({"id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            assert line or self._process.poll() is None, "the server has ended"
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def _told(documentation: Any) -> str:
    if isinstance(documentation, dict):
        return str(documentation.get("value", ""))
    return str(documentation or "")
