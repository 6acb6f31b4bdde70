"""Tests of tfnst.arguments, and of what the public functions say of another type of argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest

import tfnst
from tfnst import features, lite
from tfnst.arguments import shown

PHOTO = np.full((40, 48, 3), 0.5, np.float32)
SMALL: Any = tfnst.Settings(size=48)


# What is wrong here is the point; a type checker would find it first.
paint: Any = tfnst.stylize
load: Any = tfnst.load
save: Any = tfnst.save
load_network: Any = tfnst.load_network
stylizer: Any = lite.Stylizer
extractor: Any = features.FeatureExtractor


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: paint(PHOTO, PHOTO, {"size": 64}), "settings is {'size': 64}; give a Settings"),
        (lambda: paint(PHOTO, None, SMALL), "styles is None; give an array (H, W, 3)"),
        (lambda: paint(PHOTO, 3, SMALL), "styles is 3; give an array (H, W, 3)"),
        (lambda: paint(PHOTO, "my.jpg", SMALL), "styles is a text, 'my.jpg'; give an array"),
        (
            lambda: paint(PHOTO, PurePosixPath("a.png"), SMALL),
            "styles is PurePosixPath('a.png'); give",
        ),
        (lambda: paint(PHOTO, [PHOTO, None], SMALL), "styles[1] is None; give an array"),
        (
            lambda: paint("my.jpg", PHOTO),
            "content is a text, 'my.jpg'; give an array (H, W, 3), ",
        ),
        (lambda: paint(PHOTO, PHOTO, SMALL, network=3), "network is 3; give a name, or a Keras"),
        (lambda: load_network(None), "name is None; give a file's name"),
        (lambda: stylizer(None), "path is None; give a file's name"),
        (lambda: extractor("vgg19-lite", None), "layers is None; give names"),
        (lambda: load(None), "path is None; give a file's name, a text or a path, or"),
        (lambda: load(3), "path is 3; give a file's name"),
        (lambda: save(None, PHOTO), "path is None; give a file's name, a text or a path, or"),
        (lambda: save(3, PHOTO), "path is 3; give a file's name"),
        (lambda: save("q.png", "abc"), "rgb is a text, 'abc'; give an array"),
    ],
)
def test_another_type_is_a_value_error_of_one_line(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("image", "masks", "text"),
    [
        (None, None, "image is None; give an array"),
        (PHOTO, 3, "masks is a int; give {name: (H, W) in [0, 1]}"),
    ],
)
def test_what_a_network_does_not_paint(image: Any, masks: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        tfnst.load_network("gallery").stylize(image, "scream", masks=masks)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (np.float32(1), repr(np.float32(1))),
        ("a\nb", r"'a\nb'"),
    ],
)
def test_values_are_shown_in_one_line(value: Any, text: str) -> None:
    assert shown(value) == text
    assert len(shown("long" * 100)) < 80
