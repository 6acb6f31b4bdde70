"""Tests of tfnst.painting.grids."""

from __future__ import annotations

import numpy as np
import pytest

from tfnst.painting import grids
from tfnst.painting.appearance import Look
from tfnst.painting.grids import Axis
from tfnst.synthesis.settings import Settings

LOOK = Look({"wave": 1.0}, size=None)


def test_an_axis_is_a_name_and_values() -> None:
    assert grids.axis_of("style-scale=0.5, 1,2") == Axis("style_scale", ("0.5", "1", "2"))
    assert grids.axis_of("style=wave,night").labels == ["wave", "night"]
    assert grids.axis_of("stroke=0,1").labels == ["stroke 0", "stroke 1"]
    for text in ("strength", "=1", "strength=", "strength=1,,2"):
        with pytest.raises(ValueError, match=r"give NAME=VALUE,VALUE"):
            grids.axis_of(text)


def test_two_settings_change_along_rows_and_columns() -> None:
    across, down = Axis("strength", ("0.5", "1")), Axis("style", ("wave", "night", "scream"))
    sheet = grids.along(LOOK, across, down)
    assert (sheet.across, sheet.down) == (across.labels, down.labels)
    assert [[way.strength for way in row] for row in sheet.ways] == [[0.5, 1.0]] * 3
    assert [list(row[0].styles) for row in sheet.ways] == [["wave"], ["night"], ["scream"]]
    strip = grids.along(LOOK, Axis("color", ("none", "oklab")))
    assert [way.keep_color for way in strip.ways[0]] == [None, "oklab"] and strip.down == []


def test_any_two_settings_of_an_optimisation() -> None:
    sheet = grids.along(
        Settings(), Axis("style_scale", ("0.5", "2")), Axis("method", ("neighbours",))
    )
    assert [way.style_scale for way in sheet.ways[0]] == [0.5, 2]
    assert sheet.ways[0][1].method == "neighbours"


def test_numbers_of_a_value_are_joined_by_colons() -> None:
    sheet = grids.along(Settings(), Axis("steps", ("5", "20:10")), Axis("detail", ("0",)))
    assert [way.steps for way in sheet.ways[0]] == [(5,), (20, 10)]


def test_a_strip_between_two_styles() -> None:
    sheet = grids.between(LOOK, ["wave", "night"], columns=3)
    assert [way.styles for way in sheet.ways[0]] == [
        {"wave": 1, "night": 0},
        {"wave": 0.5, "night": 0.5},
        {"wave": 0, "night": 1},
    ]
    assert sheet.across == ["wave", "", "night"] and sheet.down == []


def test_a_sheet_has_its_styles_in_the_corners() -> None:
    sheet = grids.between(LOOK, ["a", "b", "c", "d"], columns=3, rows=5)
    corners = [sheet.ways[row][column].styles for row in (0, -1) for column in (0, -1)]
    assert [max(styles, key=styles.get) for styles in corners] == ["a", "b", "c", "d"]
    assert all(max(styles.values()) == 1 for styles in corners)
    assert sheet.ways[2][1].styles == dict.fromkeys("abcd", 0.25)
    three = grids.between(LOOK, ["a", "b", "c"], columns=2, rows=2)
    assert three.ways[1][0].styles["c"] == three.ways[1][1].styles["c"] == 1


def test_cells_are_painted_one_by_one() -> None:
    sheet = grids.along(LOOK, Axis("strength", ("0", "1")), Axis("stroke", ("0", "1")))
    reports = list(grids.painted(sheet, lambda way: np.full((2, 3, 3), way.strength)))
    assert [(report.step, report.steps) for report in reports] == [(n, 4) for n in (1, 2, 3, 4)]
    assert [[cell[0, 0, 0] for cell in row] for row in reports[-1].cells] == [[0, 1]] * 2


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: grids.along(LOOK, Axis("size", ("1",))),
            "axis 'size' is unknown; use one of style",
        ),
        (
            lambda: grids.along(Settings(), Axis("hue", ("1",))),
            "'hue' is unknown; use one of",
        ),
        (lambda: grids.along(Settings(), Axis("size", ("64",))), "'size' is unknown; use one of"),
        (lambda: grids.along(LOOK, Axis("strength", ("2",))), "strength is 2; use a number from 0"),
        (lambda: grids.along(LOOK, Axis("strength", ("much",))), "strength is 'much'; use"),
        (lambda: grids.along(LOOK, Axis("color", ("hsv",))), "color is 'hsv'; use one of none"),
        (
            lambda: grids.along(LOOK, Axis("stroke", ("0",)), Axis("stroke", ("1",))),
            "stroke is on both axes",
        ),
        (lambda: grids.between(LOOK, ["a"]), "'a': a sheet lies between two, three or four"),
        (
            lambda: grids.between(LOOK, ["a", "b"], columns=1),
            "a sheet of 1×1 cells; give 2 or more",
        ),
        (lambda: grids.between(LOOK, list("abc"), columns=50, rows=50), "2500 cells are too many"),
    ],
)
def test_misuse(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()  # type: ignore[operator]
