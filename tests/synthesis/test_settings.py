"""Tests of tfnst.synthesis.settings: ranges, choices, presets and what their errors say."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tfnst.features import vgg_architecture
from tfnst.synthesis import settings
from tfnst.synthesis.settings import PRESETS, Settings
from tfnst.synthesis.style_transfer import level_sizes

RANGES = {
    "size": (32, 16384),
    "strength": (0, 1),
    "style_scale": (0.05, 8),
    "smallest": (32, 16384),
    "growth": (1.1, 8),
    "variation": (0, 1e6),
    "detail": (0, 1e6),
    "histogram": (0, 1e6),
    "learning_rate": (1e-6, 1),
    "seed": (0, 2**63 - 1),
}
WHOLE = ("size", "smallest", "seed")
CHOICES = {
    "method": ("statistics", "neighbours"),
    "style_loss": ("wasserstein", "gram", "sliced", "mean-std", "relaxed-emd"),
    "pooling": ("max", "average"),
    "start": ("content", "noise", "picture"),
    "canvas": ("bands", "pixels"),
    "optimizer": ("adam", "lbfgs"),
    "precision": ("float32", "bfloat16"),
}


def error_of(**changes: Any) -> str:
    with pytest.raises(ValueError) as caught:
        Settings(**changes)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_a_range_are_allowed_and_beyond_is_not(name: str) -> None:
    low, high = RANGES[name]
    assert getattr(Settings(**{name: low}), name) == low
    assert getattr(Settings(**{name: high}), name) == high
    step = 1 if name in WHOLE else 1e-7
    for wrong in (low - step, high + max(step, high * 1e-9) if name not in WHOLE else high + 1):
        text = error_of(**{name: wrong})
        assert text.startswith(f"{name} is {wrong!r}; use a ")
        assert f"from {low} to {high}" in text


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "5", None, True, [], 1j])
def test_what_is_no_number_is_named(name: str, wrong: Any) -> None:
    text = error_of(**{name: wrong})
    assert name in text and repr(wrong) in text and "number from" in text


@pytest.mark.parametrize("name", WHOLE)
def test_fractions_of_a_pixel_are_refused(name: str) -> None:
    assert error_of(**{name: 64.0}).startswith(f"{name} is 64.0; use a whole number from")


@pytest.mark.parametrize("name", CHOICES)
def test_choices(name: str) -> None:
    for allowed in CHOICES[name]:
        assert getattr(Settings(**{name: allowed}), name) == allowed
    for wrong in ("other", "", None, 0, CHOICES[name][0].upper(), [CHOICES[name][0]]):
        text = error_of(**{name: wrong})
        assert text == f"{name} is {wrong!r}; use one of {', '.join(CHOICES[name])}"


@pytest.mark.parametrize(
    "wrong", [(), (0,), (10, 0), (-1,), (1.5,), (math.nan,), ("10",), (True,), [10], 10, None, "10"]
)
def test_steps(wrong: Any) -> None:
    text = error_of(steps=wrong)
    assert text == f"steps is {wrong!r}; use a tuple of one or more whole numbers from 1"
    assert Settings(steps=(1,)).steps == (1,)


@pytest.mark.parametrize("wrong", [(), (0,), (5,), (2, 2), (1.5,), [1], 1, None])
def test_scales(wrong: Any) -> None:
    text = error_of(scales=wrong)
    remedy = "a tuple of one or more whole numbers from 1 to 4, each once"
    assert text == f"scales is {wrong!r}; use {remedy}"
    assert Settings(scales=(4, 1)).scales == (4, 1)


@pytest.mark.parametrize("name", ["content_layers", "style_layers"])
@pytest.mark.parametrize("wrong", [(), "block1_conv1", ["block1_conv1"], (1,), None, ("a", "a")])
def test_layers(name: str, wrong: Any) -> None:
    text = error_of(**{name: wrong})
    assert text == f"{name} is {wrong!r}; use a tuple of one or more layer names, each once"


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        (1.0,),
        (1.0, 2.0, 3.0),
        (-1.0, 2.0),
        (0.0, 0.0),
        (math.nan, 1.0),
        (1.0, math.inf),
        ("1", "2"),
        (True, False),
        [1.0, 1.0],
        1.0,
    ],
)
def test_style_weights(wrong: Any) -> None:
    layers = ("block1_conv1", "block2_conv1")
    text = error_of(style_layers=layers, style_weights=wrong)
    remedy = "a tuple of numbers from 0, one a style layer, not all 0"
    assert text == f"style_weights is {wrong!r}; use {remedy}"
    assert Settings(style_layers=layers, style_weights=(0, 2.5)).style_weights == (0, 2.5)


@pytest.mark.parametrize("wrong", [0, 1, "yes", None])
def test_jit_compile(wrong: Any) -> None:
    assert error_of(jit_compile=wrong) == f"jit_compile is {wrong!r}; use True or False"
    assert Settings(jit_compile=True).jit_compile


numbers = st.one_of(st.integers(), st.floats(allow_nan=True, allow_infinity=True))


@given(name=st.sampled_from(sorted(RANGES)), value=numbers)
@budget(max_examples=300, deadline=None, database=None)
def test_a_number_is_kept_or_refused_by_name(name: str, value: float) -> None:
    low, high = RANGES[name]
    if low <= value <= high and (name not in WHOLE or isinstance(value, int)):
        assert getattr(Settings(**{name: value}), name) == value
    else:
        assert error_of(**{name: value}).startswith(f"{name} is {value!r}; use")


@given(
    size=st.integers(32, 16384),
    strength=st.floats(0, 1),
    style_scale=st.floats(0.05, 8),
    variation=st.floats(0, 1e6),
    seed=st.integers(0, 2**63 - 1),
    steps=st.lists(st.integers(1, 10**6), min_size=1, max_size=6).map(tuple),
)
@budget(max_examples=50, deadline=None, database=None)
def test_everything_within_its_range_is_kept(**values: Any) -> None:
    kept = dataclasses.asdict(Settings(**values))
    assert {name: kept[name] for name in values} == values


def test_settings_are_frozen_and_compare_by_value() -> None:
    one = Settings(size=256)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.size = 512  # type: ignore[misc]
    assert one == Settings(size=256) != Settings(size=257)
    assert len({one, Settings(size=256), Settings()}) == 2
    with pytest.raises(ValueError, match="strength is 7"):
        dataclasses.replace(one, strength=7)


def test_layers_are_content_then_style() -> None:
    some = Settings(
        content_layers=("block4_conv2",), style_layers=("block1_conv1",), style_weights=(1,)
    )
    assert some.layers == ("block4_conv2", "block1_conv1")


def test_every_default_layer_is_in_both_networks() -> None:
    for network in vgg_architecture.ARCHITECTURES.values():
        assert set(Settings().layers) <= set(network.layers)


def test_every_field_is_explained() -> None:
    text = Settings.__doc__ or ""
    for field in dataclasses.fields(Settings):
        assert field.name in text, field.name


def test_presets_spend_more_and_more_steps() -> None:
    assert list(PRESETS) == ["draft", "normal", "best"]
    assert PRESETS["normal"] == Settings()
    levels = len(level_sizes(512, Settings().smallest, Settings().growth))
    spent = [
        sum(one.steps[min(level, len(one.steps) - 1)] for level in range(levels))
        for one in PRESETS.values()
    ]
    assert spent == sorted(set(spent))


def test_a_preset_takes_changes() -> None:
    changed = Settings.preset("draft", size=99, strength=0.25)
    assert changed == dataclasses.replace(PRESETS["draft"], size=99, strength=0.25)
    assert PRESETS["draft"].size == 512
    with pytest.raises(ValueError, match="size is 3"):
        Settings.preset("best", size=3)


@pytest.mark.parametrize("wrong", ["", "Draft", "ultra", None])
def test_an_unknown_preset_names_the_known(wrong: Any) -> None:
    with pytest.raises(ValueError) as caught:
        Settings.preset(wrong)
    assert str(caught.value) == f"preset is {wrong!r}; use one of draft, normal, best"


def test_the_module_does_not_need_tensorflow() -> None:
    assert not [name for name in vars(settings) if name in ("tf", "tensorflow", "keras", "np")]


def test_layers_alone_weigh_alike() -> None:
    alone = Settings(style_layers=("block1_conv1", "block2_conv1"))
    assert alone.layer_weights == (1, 1)
    assert Settings.preset("best", style_layers=("block1_conv1",)).layer_weights == (1,)
    weighted = Settings(style_layers=("block1_conv1",), style_weights=(2.5,))
    assert weighted.layer_weights == (2.5,)


def test_the_relaxed_emd_weighs_layers_alike() -> None:
    layers = ("block1_conv1", "block2_conv1")
    alike = Settings(style_loss="relaxed-emd", style_layers=layers, style_weights=(2, 2))
    assert alike.layer_weights == (2, 2)
    text = error_of(style_loss="relaxed-emd", style_layers=layers, style_weights=(1.0, 2.0))
    assert text.startswith("style_weights is (1.0, 2.0); use equal ones, or style_loss")


@pytest.mark.parametrize(
    "changes",
    [
        {"style_loss": "gram"},
        {"style_layers": ("block1_conv1",), "style_weights": (1.0,)},
        {"style_weights": (1.0, 2.0, 1.0, 1.0, 1.0)},
        {"detail": 5.0},
    ],
)
def test_neighbours_have_no_choice_of_statistics(changes: dict[str, Any]) -> None:
    name = next(iter(changes))
    text = error_of(method="neighbours", **changes)
    assert text.startswith(f"{name} is {changes[name]!r}; use it with method 'statistics'")


def test_neighbours_read_layers_of_both_networks() -> None:
    layers = Settings(method="neighbours").layers
    assert len(set(layers)) == len(layers) and "block5_conv1" not in layers
    for network in vgg_architecture.ARCHITECTURES.values():
        assert set(layers) <= set(network.layers)


def test_histograms_read_their_layers_whatever_style_reads() -> None:
    few = Settings(style_layers=("block2_conv1",), histogram=1.0)
    assert {"block1_conv1", "block4_conv1"} <= set(few.layers)
    assert "block1_conv1" not in Settings(style_layers=("block2_conv1",)).layers


def test_another_name_is_told_the_names() -> None:
    wrong: Any = {"strengh": 0.5}
    with pytest.raises(TypeError, match="'strengh': Settings has size, strength, style_scale, "):
        Settings(**wrong)
