"""Property tests that don't mind how busy the machine is."""

from hypothesis import HealthCheck, settings


def patient(examples):
    """Try *examples*, however long each takes."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
