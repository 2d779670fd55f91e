import io

from ivrflow.packages.progress import Progress


def test_a_log_gets_a_line_a_quarter():
    log = io.StringIO()
    progress = Progress(log)
    for done in range(101):
        progress.step("download", done, 100, "MB")
    assert log.getvalue().splitlines() == [
        f"download {done}/100 MB" for done in (0, 25, 50, 75, 100)
    ]
