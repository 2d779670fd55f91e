"""Which mailboxes an agent may hear, as the live version says it."""

from dataclasses import dataclass, field

from ivrflow.console.floor import SiteFloor


@dataclass
class Box:
    heard_by: tuple[str, ...] = ()


@dataclass
class Agent:
    mailbox: str | None = None


class Boxes(dict):
    """Mailboxes; `looked` counts how often somebody has gone through them all."""

    looked = 0

    def items(self):
        self.looked += 1
        return super().items()


@dataclass(eq=False)
class Site:
    mailboxes: Boxes
    agents: dict = field(default_factory=lambda: {"1001": Agent("own")})


def test_mailboxes_are_gone_through_once_for_each_version_and_agent():
    site = Site(Boxes(own=Box(), north=Box(("1001",)), lead=Box(("supervisor",))))
    live = [site]
    floor = SiteFloor(lambda: live[0], dict)

    for _ in range(3):
        assert floor.heard_by("1001", "agent") == {"own", "north"}
        assert floor.heard_by("1001", "supervisor") == {"own", "north", "lead"}
    assert site.mailboxes.looked == 2

    live[0] = Site(Boxes(own=Box(), north=Box()))
    assert floor.heard_by("1001", "agent") == {"own"}


def test_only_agents_that_there_are_are_remembered():
    site = Site(Boxes(north=Box(("1001",))))
    floor = SiteFloor(lambda: site, dict)

    for _ in range(2):
        assert floor.heard_by("no agent's", "agent") == frozenset()
    assert site.mailboxes.looked == 2
