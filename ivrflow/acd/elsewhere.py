"""Whose phone is in a call that is not the desk's: such an agent is not rung.

A phone's state says that it is in use, not by whom. But the desk knows whom it has
given a call: a phone that is in use while its agent is idle is in somebody else's call.
While the desk has the agent, nothing is asked; when it gives him back, his phone gets a
moment (`SETTLING`) to become free, and is in a call of its own if it has not.

Pure: told of states and of agents, it answers whose case has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ivrflow.acd.model import Agent, Work

SETTLING = 1.0
"""Seconds that a phone may stay in use after the desk has hung up its leg."""

SERVING = (Work.OFFERED, Work.TALKING)


class Elsewhere:
    """Phones by name, the agents who sit at them, and who is in a call elsewhere."""

    def __init__(
        self,
        agents: Callable[[], Mapping[str, Agent]],
        in_use: Collection[str],
        tell: Callable[[str, bool, str], None],
    ) -> None:
        """*agents* are those of the desk; *in_use* the states of a phone with a call.

        *tell* takes an agent, whether the phone is in another call, and its state.
        """
        self._agents = agents
        self._in_use = in_use
        self._tell = tell
        self._states: dict[str, str] = {}
        self._sits: dict[str, str] = {}
        """Agent -> phone."""
        self._at: dict[str, set[str]] = {}
        """Phone -> agents."""
        self._busy: set[str] = set()
        self.settling: set[str] = set()
        """Agents whom the desk has just given back. They are not judged: news of our
        own leg may still be on its way."""

    @property
    def busy(self) -> frozenset[str]:
        """The agents whose phones are in other calls."""
        return frozenset(self._busy)

    # Phones ---------------------------------------------------------------------------

    def changed(self, phone: str, state: str) -> None:
        """A phone's state is another one."""
        self._states[phone] = state
        for number in tuple(self._at.get(phone, ())):
            self.judge(number)

    def seen(self, states: Mapping[str, str]) -> None:
        """These are the states of all phones; one that is left out is not known."""
        self._states = dict(states)
        for number in tuple(self._sits):
            self.judge(number)

    # Agents ---------------------------------------------------------------------------

    def seat(self, number: str) -> None:
        """An agent may sit at another phone now, or be none any more."""
        agent = self._agents().get(number)
        phone = agent.address if agent is not None else ""
        old = self._sits.get(number, "")
        if phone == old:
            return
        if old:
            self._at[old].discard(number)
            if not self._at[old]:
                del self._at[old]
        if phone:
            self._sits[number] = phone
            self._at.setdefault(phone, set()).add(number)
        else:
            self._sits.pop(number, None)
        self.judge(number)

    def seat_all(self) -> None:
        """As `seat`, for all agents there are and were."""
        for number in {*self._agents(), *self._sits}:
            self.seat(number)

    def judge(self, number: str) -> None:
        """Say whether this agent's phone is in another call, if that has changed.

        While the desk has the agent, or has just given him back, it can't be told, and
        stays as it was.
        """
        agent = self._agents().get(number)
        if agent is None:
            self._busy.discard(number)
            return
        if agent.work in SERVING or number in self.settling:
            return
        if agent.nailed:  # a line that stays up is always in use
            return
        state = self._states.get(agent.address, "")
        busy = state in self._in_use
        if busy != (number in self._busy):
            (self._busy.add if busy else self._busy.discard)(number)
            self._tell(number, busy, state)
