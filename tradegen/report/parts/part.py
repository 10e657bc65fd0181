"""What a report is made of: figures with their words, or a sentence where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Table:
    """Cells as text; those of the first column name their row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """A figure, and what it shows in one sentence for those who cannot see it."""

    name: str
    figure: "go.Figure"
    alt: str


@dataclass(frozen=True)
class Shown:
    """A figure with its title (what is seen), how it is read, and its numbers."""

    title: str
    how_to_read: str
    chart: Chart
    table: Table
    wide: bool = False


@dataclass(frozen=True)
class PairShown:
    """Two charts side by side, with what the two trades are."""

    title: str
    why: str
    synthetic: Chart
    gold: Chart
    table: Table


@dataclass(frozen=True)
class TableShown:
    """A table that stands for itself."""

    title: str
    how_to_read: str
    table: Table


@dataclass(frozen=True)
class Missing:
    """Why a figure is not there, and what would bring it."""

    why: str


Part = Shown | PairShown | TableShown | Missing


@dataclass(frozen=True)
class Section:
    """Parts under one heading."""

    anchor: str
    title: str
    lead: str
    parts: Sequence[Part]
