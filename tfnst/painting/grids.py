"""One photo many times on a sheet: on the way between styles, and along any two settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, cast, get_args

import numpy as np

from tfnst.arguments import FieldError
from tfnst.images.color import ColorMethod
from tfnst.painting.appearance import Look
from tfnst.synthesis.settings import Settings

LOOKS = ("style", "strength", "stroke", "color")  # what may change along an axis of a network
NONE = "none"  # of color: the styles' own
MOST_CELLS = 400
CORNERS = (2, 4)  # styles, at least and at most, that a sheet lies between


class Axis(NamedTuple):
    """A setting that changes along a side of a sheet.

    Attributes:
        name: of the setting.
        values: as texts, from left to right or from top to bottom.
    """

    name: str
    values: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """What stands beside the cells."""
        return [value if self.name == "style" else f"{self.name} {value}" for value in self.values]


@dataclass(frozen=True)
class Grid:
    """How the cells of a sheet are painted.

    Attributes:
        ways: a `Look` or `Settings` for each cell, by rows.
        across: labels of the columns.
        down: labels of the rows; empty for a strip.
    """

    ways: list[list[Any]]
    across: list[str]
    down: list[str]


@dataclass(frozen=True)
class GridProgress:
    """Where a sheet stands.

    Attributes:
        step: cells that are painted.
        steps: all of them.
        cells: those that are painted, (H, W, 3), by rows.
    """

    step: int
    steps: int
    cells: list[list[np.ndarray]]


def axis_of(text: str) -> Axis:
    """NAME=VALUE,VALUE,… as an axis; ValueError for anything else."""
    name, _, values = text.partition("=")
    parts = tuple(value.strip() for value in values.split(","))
    if not name or not all(parts):
        raise ValueError(f"axis {text!r}: give NAME=VALUE,VALUE,…, such as strength=0.3,0.6,1")
    return Axis(name.strip().replace("-", "_"), parts)


def along(way: Look | Settings, across: Axis, down: Axis | None = None) -> Grid:
    """A sheet along one setting or two.

    Args:
        way: what all cells have in common.
        across: what changes from left to right.
        down: what changes from top to bottom, if anything does.

    Returns:
        The sheet.

    Raises:
        ValueError: a setting that there is not, one that is there twice, a value out of its range,
            or too many cells.
    """
    if down is not None and down.name == across.name:
        raise ValueError(f"{down.name} is on both axes; give another one")
    rows = [way] if down is None else [_changed(way, down.name, value) for value in down.values]
    ways = [[_changed(row, across.name, value) for value in across.values] for row in rows]
    _require_few(len(ways) * len(across.values))
    return Grid(ways, across.labels, [] if down is None else down.labels)


def _changed(way: Any, name: str, text: str) -> Any:
    if isinstance(way, Look):
        return _looking(way, name, text)
    known = [field.name for field in fields(way) if field.name != "size"]  # cells are all alike
    if name not in known:
        raise ValueError(f"axis {name!r} is unknown; use one of {', '.join(known)}")
    several = name == "style_weights" or isinstance(getattr(way, name), tuple)
    value = tuple(map(_value, text.split(":"))) if several else _value(text)
    changes: dict[str, Any] = {name: value}
    return replace(way, **changes)


def _looking(look: Look, name: str, text: str) -> Look:
    if name == "style":
        return replace(look, styles={text: 1.0})
    if name == "color":
        if text not in (NONE, *get_args(ColorMethod)):
            remedy = f"one of {NONE}, {', '.join(get_args(ColorMethod))}"
            raise FieldError("color", text, remedy)
        return replace(look, keep_color=None if text == NONE else cast(ColorMethod, text))
    require_look(Axis(name, (text,)))
    changes: dict[str, Any] = {name: _value(text)}
    return replace(look, **changes)


def require_look(axis: Axis) -> None:
    """ValueError for an axis that a network's painting has not."""
    if axis.name not in LOOKS:
        raise ValueError(f"axis {axis.name!r} is unknown; use one of {', '.join(LOOKS)}")


def _value(text: str) -> Any:
    """A number where the text is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def between(look: Look, styles: Sequence[str], columns: int = 5, rows: int = 5) -> Grid:
    """A strip between two styles, or a sheet with three or four in its corners.

    Args:
        look: what all cells have in common.
        styles: two to four names: left, right; above left, above right, below left, below right.
        columns: how many cells there are from left to right, from 2.
        rows: likewise from top to bottom, of three styles and four.

    Returns:
        The sheet; of three styles both lower corners are the last one's.

    Raises:
        ValueError: another number of styles, or of cells.
    """
    least, most = CORNERS
    if not least <= len(styles) <= most:
        raise ValueError(f"{', '.join(styles)!r}: a sheet lies between two, three or four styles")
    rows = 1 if len(styles) == least else rows
    if columns < 2 or rows < (1 if len(styles) == least else 2):
        raise ValueError(f"a sheet of {columns}×{rows} cells; give 2 or more each way")
    _require_few(columns * rows)
    left, right, *others = styles
    below = (others * 2)[:2]
    ways = []
    for depth in np.linspace(0, 1, rows) if rows > 1 else [0.0]:
        row = []
        for place in np.linspace(0, 1, columns):
            shares: dict[str, float] = {}
            upper = [(left, (1 - depth) * (1 - place)), (right, (1 - depth) * place)]
            lower = list(zip(below, (depth * (1 - place), depth * place), strict=False))
            for name, share in (*upper, *lower):
                shares[name] = shares.get(name, 0.0) + float(share)
            row.append(replace(look, styles=shares))
        ways.append(row)
    across = [left, *[""] * (columns - 2), right]
    return Grid(ways, across, [""] * (rows - 1) + [" · ".join(others)] if others else [])


def _require_few(cells: int) -> None:
    if cells > MOST_CELLS:
        raise ValueError(
            f"{cells} cells are too many; give fewer values, {MOST_CELLS} cells at most"
        )


def painted(grid: Grid, paint: Callable[[Any], np.ndarray]) -> Iterator[GridProgress]:
    """Paint cell by cell.

    Args:
        grid: see `Grid`.
        paint: what makes a picture, (H, W, 3), of a cell's `Look` or `Settings`.

    Yields:
        A report a cell.
    """
    cells: list[list[np.ndarray]] = []
    steps = sum(map(len, grid.ways))
    for row in grid.ways:
        cells.append([])
        for way in row:
            cells[-1].append(paint(way))
            yield GridProgress(sum(map(len, cells)), steps, cells)
