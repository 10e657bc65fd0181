"""The compiled graph as a picture in SVG, drawn here: no service and no program is asked."""

from collections import deque
from html import escape
from typing import Any

from tradegen.graph.build import RowGraph

_WIDTH, _HEIGHT = 132, 40
_STEP_X, _STEP_Y = 168, 96
_EDGE = 14
_PLAIN = {"__start__": "start", "__end__": "end"}

Point = tuple[int, int]


def graph_svg(graph: RowGraph) -> str:
    """Return the graph: nodes stand as far right as they are steps from the start.

    An edge that is taken on a condition is dashed. Colours are the text's own, so that the picture
    suits a light page and a dark one.
    """
    drawn = graph.get_graph()
    places = _places(drawn.nodes, drawn.edges)
    width = max(x for x, _ in places.values()) + _WIDTH + _EDGE
    height = max(y for _, y in places.values()) + _HEIGHT + _EDGE
    both_ways = {(edge.source, edge.target) for edge in drawn.edges}
    lines = [
        _line(
            places[edge.source],
            places[edge.target],
            conditional=edge.conditional,
            beside=(edge.target, edge.source) in both_ways,
        )
        for edge in drawn.edges
    ]
    boxes = [_box(_PLAIN.get(name, name), at) for name, at in places.items()]
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'style="max-width:100%;height:auto" font-family="system-ui,sans-serif" font-size="13" '
        'fill="none" stroke="currentColor"><title>The graph of one attempt at one row</title>'
        '<defs><marker id="tradegen-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor" '
        'stroke="none"/></marker></defs>'
        f"{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _places(nodes: Any, edges: Any) -> dict[str, Point]:
    """Return the upper left corner of each node, by its steps from the start."""
    steps = {"__start__": 0}
    waiting = deque(steps)
    while waiting:
        at = waiting.popleft()
        for target in sorted(edge.target for edge in edges if edge.source == at):
            if target not in steps:
                steps[target] = steps[at] + 1
                waiting.append(target)
    rows: dict[int, int] = {}
    places = {}
    for name in sorted(nodes, key=lambda name: (steps[name], name)):
        column = steps[name]
        row = rows.get(column, 0)
        rows[column] = row + 1
        places[name] = (_EDGE + column * _STEP_X, _EDGE + row * _STEP_Y)
    return places


def _box(label: str, at: Point) -> str:
    x, y = at
    end = label in _PLAIN.values()
    radius = _HEIGHT // 2 if end else 8
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius}" '
        f'fill="currentColor" fill-opacity="{0.16 if end else 0.06}"/>'
        f'<text x="{x + _WIDTH // 2}" y="{y + _HEIGHT // 2 + 5}" text-anchor="middle" '
        f'fill="currentColor" stroke="none">{escape(label)}</text>'
    )


def _line(source: Point, target: Point, *, conditional: bool, beside: bool) -> str:
    """Return an edge; of two between the same nodes, one goes out at the side, one at the foot."""
    dashed = ' stroke-dasharray="5 4"' if conditional else ""
    path = _path(source, target, beside=beside)
    return f'<path d="{path}"{dashed} marker-end="url(#tradegen-tip)"/>'


def _path(source: Point, target: Point, *, beside: bool) -> str:
    half = _HEIGHT // 2
    (x1, y1), (x2, y2) = source, target
    if not beside:
        return f"M{x1 + _WIDTH} {y1 + half}L{x2} {y2 + half}"
    if x1 < x2:
        across = x1 + 2 * _WIDTH // 3
        return (
            f"M{across} {y1 + _HEIGHT}C{across} {y2} {x2 - 20} {y2 + half - 8} {x2} {y2 + half - 8}"
        )
    across = x2 + _WIDTH // 3
    return f"M{x1} {y1 + half + 8}C{across} {y1 + half + 8} {across} {y1} {across} {y2 + _HEIGHT}"
