"""Everything that calls need is in memory before the first of them."""

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "ivrflow"
ROOMS = ("acd", "asterisk", "console", "db", "facts", "flow", "service", "telephony")
OTHER_PROCESSES = {PACKAGE / "service" / "judge.py"}
DOES_WITHOUT = {PACKAGE / "service" / "traces.py"}
"""What is tried once, before the first call, and may fail."""


def imported_late():
    """The modules of ours that a function imports, and where."""
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            if path in OTHER_PROCESSES | DOES_WITHOUT:
                continue
            for found in ast.walk(ast.parse(path.read_text())):
                if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
                    for node in ast.walk(found):
                        if isinstance(node, ast.ImportFrom):
                            yield node.module, f"{path}:{node.lineno}"


def test_no_call_imports_what_an_upgrade_may_have_changed_on_the_disk_meanwhile():
    late = {name: at for name, at in imported_late() if name.startswith("ivrflow")}
    shown = "import sys, ivrflow.service.run; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, text=True, check=True
    )

    assert {n: at for n, at in late.items() if n not in loaded.stdout.split()} == {}
