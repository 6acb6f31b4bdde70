"""Tests of tfnst.validation: what settings refuse, in one line, and what JSON gives."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field

from tfnst.networks.settings import CONFIGURATIONS, NetworkSettings
from tfnst.synthesis.settings import Settings
from tfnst.training.settings import DistillationSettings, TrainingSettings
from tfnst.validation import Checked, restored

KINDS = [Settings, TrainingSettings, DistillationSettings, NetworkSettings]


@dataclasses.dataclass(frozen=True)
class Stroke(Checked):
    length: Annotated[int, Field(multiple_of=4, ge=8, le=64)]
    pressure: Annotated[float, Field(gt=0, le=1)] = 0.5
    tip: Literal["round", "flat"] = "round"
    colours: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Drawing(Checked):
    strokes: tuple[Stroke, ...]
    first: Stroke | None = None
    title: str = ""


def error_of(kind: Any, *arguments: Any, **changes: Any) -> str:
    with pytest.raises(ValueError) as caught:
        kind(*arguments, **changes)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"length": 9}, "length is 9; use a multiple of 4 from 8 to 64"),
        ({"length": 8.0}, "length is 8.0; use a multiple of 4 from 8 to 64"),
        ({"pressure": 0}, "pressure is 0; use a number above 0 to 1"),
        ({"pressure": math.nan}, "pressure is nan; use a number above 0 to 1"),
        ({"pressure": "1"}, "pressure is '1'; use a number above 0 to 1"),
        ({"pressure": True}, "pressure is True; use a number above 0 to 1"),
        ({"tip": "oval"}, "tip is 'oval'; use one of round, flat"),
    ],
)
def test_an_error_says_what_would_do(changes: dict[str, Any], text: str) -> None:
    assert error_of(Stroke, **{"length": 8, **changes}) == text


def test_numbers_of_numpy_are_numbers() -> None:
    stroke = Stroke(np.int64(8), np.float32(0.5))  # type: ignore[arg-type]
    assert stroke == Stroke(8) and type(stroke.length) is int and type(stroke.pressure) is float
    assert "pressure" in error_of(Stroke, 8, np.ones(2))
    assert NetworkSettings(np.array([0, 8, 12]).tolist()) == NetworkSettings((0, 8, 12))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_settings_takes_another_type(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        nothing = () if field.default is None else (None,)
        for wrong in (*nothing, object(), {}, math.nan, ({},)):
            text = error_of(kind, **{field.name: wrong})
            assert text.startswith(f"{field.name} is {wrong!r}; use "), text


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_settings_has_its_range(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        if type(field.default) in (int, float):
            for wrong in (-1, 10**30, math.inf):
                assert error_of(kind, **{field.name: wrong}).startswith(f"{field.name} is")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_stay_dataclasses(kind: Any) -> None:
    made = kind()
    assert dataclasses.replace(made) == made and hash(made) == hash(kind())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(kind)[0].name, 1)
    assert restored(kind, json.loads(json.dumps(dataclasses.asdict(made)))) == made


def test_a_network_keeps_its_shape_in_json() -> None:
    for settings in CONFIGURATIONS.values():
        assert NetworkSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


def test_what_json_gives_is_restored() -> None:
    drawing = Drawing((Stroke(8), Stroke(12, colours=("red", "\udce9"))), Stroke(16))
    assert restored(Drawing, json.loads(json.dumps(dataclasses.asdict(drawing)))) == drawing
    assert restored(Drawing, {"strokes": []}) == Drawing(())


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "it has no 'strokes'"),
        ({"strokes": [{}]}, "it has no 'length'"),
        (
            {"strokes": [], "hue": 1, "depth": 2},
            "'depth', 'hue': unknown to this version of Drawing",
        ),
        ({"strokes": [3]}, "strokes is (3,); use a tuple"),
        ({"strokes": [], "first": 3}, "first is 3; use a Stroke or None"),
        ({"strokes": [{"length": 8, "pressure": 2}]}, "pressure is 2; use a number above 0 to 1"),
    ],
)
def test_what_json_gives_is_checked(values: dict[str, Any], text: str) -> None:
    assert error_of(restored, Drawing, values) == text
