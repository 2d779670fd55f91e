"""Which calls are up, as the service knows them."""

from types import SimpleNamespace

from ivrflow.flow.live import LiveCalls


def a_call():
    return SimpleNamespace(id="1767312000.7", parks=False)


def test_a_call_that_goes_on_in_another_task_stays_up_when_the_first_one_ends():
    # A script's connection breaks, and its dialplan brings the call by the other door.
    live, first, second = LiveCalls(), a_call(), a_call()
    script = live.holding(first)
    script.__enter__()
    with live.holding(second):
        script.__exit__(None, None, None)

        assert live.of(first.id) is second
    assert live.of(first.id) is None
