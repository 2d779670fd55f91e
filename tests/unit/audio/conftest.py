import os

import pytest


@pytest.fixture(autouse=True)
def a_disk_that_forgets_nothing(monkeypatch):
    """Nobody pulls the plug in these tests, and a busy disk syncs for seconds.

    That what is written is synced, and when, is a test of its own.
    """
    monkeypatch.setattr(os, "fsync", lambda handle: None)
