"""Tests of tfnst.export.readme."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tfnst.export import readme
from tfnst.export.bundle import Exported


@pytest.fixture
def card(exported: tuple[Path, list[Exported]]) -> dict[str, Any]:
    return dict(json.loads((exported[0] / "card.json").read_text("utf-8")))


def only(card: dict[str, Any], *wanted: str) -> dict[str, Any]:
    """A card of fewer files, by format or by size."""
    files = [one for one in card["files"] if {one["format"], one["size"]} <= set(wanted)]
    return card | {"files": files}


def test_the_texts_are_complete(exported: tuple[Path, list[Exported]]) -> None:
    folder, _ = exported
    for name in ("README.md", "StylePainter.kt", "StylePainter.swift"):
        text = (folder / name).read_text("utf-8")
        assert "my_64_float16.tflite" in text and "@" not in text.replace("@escaping", "")


def test_they_tell_of_what_is_there(card: dict[str, Any]) -> None:
    everything = readme.pages(card)["README.md"]
    for told in ("StylePainter.kt", "SavedModel", "Stylizer", "License: CC0."):
        assert told in everything
    pages = readme.pages(only(card, "float16", "dynamic"))
    assert list(pages) == ["README.md"]
    assert "Painter" not in pages["README.md"] and "SavedModel" not in pages["README.md"]
    assert 'Stylizer("my_dynamic_float16.tflite")' in pages["README.md"]
    pages = readme.pages(only(card, "saved_model", "dynamic") | {"license": ""})
    assert "serve_uint8" in pages["README.md"] and "Stylizer" not in pages["README.md"]
    assert "gave none to --license" in pages["README.md"]


def test_they_tell_of_strokes_where_there_is_a_choice(
    card: dict[str, Any], exported_strokes: tuple[Path, list[Exported]]
) -> None:
    for text in readme.pages(card).values():
        assert "stroke:" not in text and '"stroke"' not in text and "| stroke" not in text
    folder, _ = exported_strokes
    for name, line in (
        ("README.md", "| stroke | in | float32 (batch, 1): 0 for the finest"),
        ("README.md", '"style_weights": weights, "stroke": strokes})'),
        ("StylePainter.kt", "        stroke: Float = 0.5f,\n    ): Bitmap {"),
        ("StylePainter.kt", '                "stroke" to arrayOf(floatArrayOf(stroke)),\n'),
        ("StylePainter.swift", "strength: Float = 1, stroke: Float = 0.5\n  ) throws -> UIImage {"),
        ("StylePainter.swift", "image : shape[1] == 1 ? [stroke] : weights"),
    ):
        text = (folder / name).read_text("utf-8")
        assert line in text and "@" not in text.replace("@escaping", "")


def test_they_begin_with_the_plainest_file(card: dict[str, Any]) -> None:
    pages = readme.pages(only(card, "int8", "float32", "64"))
    assert "my_64_float32.tflite" in pages["StylePainter.kt"]
