"""What the layout is given and what it returns: rectangles, links, points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A line from the box *start* to the box *end*; *label* is the room for its words.

    None: it has none.
    """

    start: str
    end: str
    label: Size | None = None


@dataclass(frozen=True, slots=True)
class Rect:
    """A placed box. Pixels from the picture's upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The x of its middle, where lines begin and end."""
        return self.x + self.width / 2

    def meets(self, other: Rect) -> bool:
        """True if they share some area; touching edges don't."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where all stands. Routes and labels are in the order of the links given."""

    boxes: Mapping[str, Rect]
    labels: Sequence[Rect | None]
    routes: Sequence[Sequence[Point]]
    """Only horizontal and vertical stretches, from the start's lower edge to the end's
    upper one. Lines to the same end flow together and share their last stretch."""
    width: float
    height: float
    crossings: Mapping[int, int]
    """Link -> how many lines it crosses. Links that cross none are left out."""

    @property
    def crossed(self) -> int:
        """How many crossings of lines there are."""
        return sum(self.crossings.values()) // 2
