"""The layout keeps its promises on any graph, not only on the flows that we have."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.draw.layout import Circle, Link, Rect, Size, back_links, lay_out


@st.composite
def graphs(draw):
    """Sizes of boxes and links between any of them, circles and all."""
    count = draw(st.integers(1, 22))
    names = [f"n{number}" for number in range(count)]
    sizes = {
        name: Size(draw(st.sampled_from([60, 204, 280])), draw(st.integers(24, 120)))
        for name in names
    }
    ends = st.tuples(st.sampled_from(names), st.sampled_from(names))
    pairs = draw(st.lists(ends, max_size=2 * count, unique=True))
    label = st.none() | st.builds(Size, st.integers(10, 160), st.integers(15, 60))
    return sizes, [Link(start, end, draw(label)) for start, end in pairs]


def without_circles(sizes, links):
    back = back_links(list(sizes), links)
    return [link for number, link in enumerate(links) if number not in back]


def stretches(points):
    """The straight stretches of a line as thin rectangles, a hair short of its ends."""
    for (x1, y1), (x2, y2) in pairwise(points):
        assert x1 == x2 or y1 == y2, "lines run level or upright"
        assert y2 >= y1, "lines lead down"
        low, high = sorted((x1, x2))
        yield Rect(low - 0.01, y1 + 0.01, high - low + 0.02, max(y2 - y1 - 0.02, 0.01))


def check(sizes, links, layout):
    boxes = layout.boxes
    labels = [label for label in layout.labels if label is not None]
    for one, two in combinations([*boxes.values(), *labels], 2):
        assert not one.meets(two)
    for number, (link, points) in enumerate(zip(links, layout.routes, strict=True)):
        assert points[0] == (boxes[link.start].middle, boxes[link.start].bottom)
        assert points[-1] == (boxes[link.end].middle, boxes[link.end].y)
        for stretch in stretches(points):
            assert not any(stretch.meets(box) for box in boxes.values())
            for other, label in enumerate(layout.labels):
                assert other == number or not label or not stretch.meets(label)
    for rect in (*boxes.values(), *labels):
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.right <= layout.width + 0.01
        assert rect.bottom <= layout.height + 0.01
    assert {name: (r.width, r.height) for name, r in boxes.items()} == {
        name: (size.width, size.height) for name, size in sizes.items()
    }


@settings(max_examples=120, deadline=None)
@given(graphs())
def test_nothing_lies_on_anything_else(graph):
    sizes, links = graph
    links = without_circles(sizes, links)

    check(sizes, links, lay_out(sizes, links))


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_the_same_graph_gives_the_same_picture(graph):
    sizes, links = graph
    links = without_circles(sizes, links)

    assert lay_out(sizes, links) == lay_out(sizes, links)


def test_a_circle_is_refused_and_the_way_back_is_found():
    sizes = dict.fromkeys("abc", Size(60, 30))
    links = [Link("a", "b"), Link("b", "c"), Link("c", "a"), Link("b", "b")]

    with pytest.raises(Circle):
        lay_out(sizes, links)
    assert back_links("abc", links) == {2, 3}


def test_lines_that_need_not_cross_do_not():
    # As written, the first box leads to the right and the second one to the left.
    sizes = dict.fromkeys("abcdxy", Size(60, 30))
    links = [Link("a", "y"), Link("b", "x"), Link("x", "c"), Link("y", "d")]

    assert lay_out(sizes, links).crossed == 0


def test_lines_that_must_cross_are_counted():
    # Three that each lead to all of three can't be drawn flat.
    sizes = dict.fromkeys("abcxyz", Size(60, 30))
    links = [Link(one, two) for one in "abc" for two in "xyz"]

    assert lay_out(sizes, links).crossed > 0


def test_a_chain_is_one_straight_line():
    sizes = {name: Size(60 + 20 * n, 30) for n, name in enumerate("abcde")}
    layout = lay_out(sizes, [Link(*pair) for pair in pairwise("abcde")])

    assert all(len(points) == 2 for points in layout.routes)


def test_nothing_to_draw_is_drawn():
    assert lay_out({}, []).boxes == {}


def test_five_hundred_steps_are_laid_out():
    names = [f"n{number}" for number in range(500)]
    links = [Link(names[(n - 1) // 3], names[n]) for n in range(1, 500)]

    layout = lay_out(dict.fromkeys(names, Size(204, 60)), links)

    assert len(layout.boxes) == 500
    assert layout.crossed == 0
