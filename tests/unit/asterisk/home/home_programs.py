"""Programs for the tests of the private Asterisk."""


def program(path, says, code=0):
    """A program at *path* that answers like `asterisk -V`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path
