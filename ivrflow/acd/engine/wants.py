"""What callers ask for, findable by who can do it.

The other side of `roster`: there a caller looks for agents, here an agent for callers.
Asks hang in a tree: by membership (the queue, mostly), then by the skills they need, in
the order of their names. So an agent walks down those branches alone whose skills he
has, and the cost grows with his skills and with the asks that he can serve, and neither
with the callers nor with the agents.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivrflow.acd.engine.abilities import Ability, Ask, holds
from ivrflow.acd.engine.seat import Seat


class _Node:
    """Where asks hang that need the skills on the way to it, and no other skill."""

    __slots__ = ("asks", "children")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.asks: dict[Ask, None] = {}


class Wants:
    """The asks of those who wait."""

    def __init__(self) -> None:
        self._roots: dict[Ability, _Node] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, ask: Ask) -> None:
        """Somebody asks for this now, which is not there yet."""
        for root in ask.roots:
            node = self._roots.get(root)
            if node is None:
                node = self._roots[root] = _Node()
            for name, _ in ask.least:
                child = node.children.get(name)
                if child is None:
                    child = node.children[name] = _Node()
                node = child
            node.asks[ask] = None
        self._count += 1

    def remove(self, ask: Ask) -> None:
        """Nobody asks for it any more."""
        for root in ask.roots:
            node = self._roots[root]
            path = [node]
            for name, _ in ask.least:
                node = node.children[name]
                path.append(node)
            del node.asks[ask]
            depth = len(path) - 1
            while depth and not path[depth].asks and not path[depth].children:
                depth -= 1
                del path[depth].children[ask.least[depth][0]]
            if not depth and not path[0].asks and not path[0].children:
                del self._roots[root]
        self._count -= 1

    def served_by(self, seat: Seat, called: Iterable[Ability] = ()) -> list[Ask]:
        """Return each ask that an agent can serve, in no order, a few of them twice.

        *called* are memberships that the agent has for the moment too, for the queues'
        own callers: who was widened to such a queue is served by its members alone.
        """
        roots, mine = self._roots, seat.roots
        if len(roots) < len(mine):
            stack = [(node, 0) for root, node in roots.items() if root in mine]
        else:
            stack = [(roots[root], 0) for root in mine if root in roots]
        found = _met(stack, seat)
        for root in called:
            if root in roots:
                there = _met([(roots[root], 0)], seat)
                found += [ask for ask in there if ask.roots[0] == root]
        return found


def _met(stack: list[tuple[_Node, int]], seat: Seat) -> list[Ask]:
    """The asks below the nodes of *stack* whose skills the agent has.

    Beside each node: from which of his skills on its children are to be looked for.
    """
    has, names = seat.abilities, seat.names
    found: list[Ask] = []
    while stack:
        node, begin = stack.pop()
        for ask in node.asks:
            for name, level in ask.least:
                if has[name] < level:
                    break
            else:
                if not ask.odd or all(holds(one, has) for one in ask.odd):
                    found.append(ask)
        children = node.children
        if not children:
            continue
        if len(children) < len(names) - begin:
            for name, child in children.items():
                if name in has:
                    stack.append((child, begin))
        else:
            for at in range(begin, len(names)):
                name = names[at]
                if name in children:
                    stack.append((children[name], at + 1))
    return found
