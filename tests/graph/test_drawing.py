"""The picture of the graph shows what was compiled."""

import xml.etree.ElementTree as ET

from langgraph.graph import START, StateGraph

from tradegen.graph.build import build_graph
from tradegen.graph.drawing import graph_svg
from tradegen.graph.state import RowContext, RowState


def test_every_node_and_every_edge_of_the_graph_is_drawn() -> None:
    graph = build_graph()
    svg = ET.fromstring(graph_svg(graph))
    drawn = graph.get_graph()
    names = {"__start__": "start", "__end__": "end"}
    assert {text.text for text in svg.iter("text")} == {names.get(n, n) for n in drawn.nodes}
    lines = [path for path in svg.iter("path") if path.get("marker-end")]
    assert len(lines) == len(drawn.edges)
    dashed = [path for path in lines if path.get("stroke-dasharray")]
    assert len(dashed) == sum(edge.conditional for edge in drawn.edges) == 2


def test_no_two_nodes_overlap_and_all_lie_inside() -> None:
    svg = ET.fromstring(graph_svg(build_graph()))
    width, height = map(int, svg.attrib["viewBox"].split()[2:])
    sides = ("x", "y", "width", "height")
    boxes = [tuple(int(box.attrib[side]) for side in sides) for box in svg.iter("rect")]
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
    for i, (x1, y1, w1, h1) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_a_graph_with_another_node_is_drawn_with_it() -> None:
    graph = StateGraph(RowState, context_schema=RowContext)
    graph.add_node("a & b", lambda state: state)
    graph.add_edge(START, "a & b")
    svg = ET.fromstring(graph_svg(graph.compile()))
    assert "a & b" in {text.text for text in svg.iter("text")}
