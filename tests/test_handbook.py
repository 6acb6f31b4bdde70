"""Tests of tfnst.handbook."""

from __future__ import annotations

from pathlib import Path

from tfnst.export import Exported


def test_the_texts_are_complete(exported: tuple[Path, list[Exported]]) -> None:
    folder, _ = exported
    for name in ("README.md", "StylePainter.kt", "StylePainter.swift"):
        text = (folder / name).read_text("utf-8")
        assert "my_64_float32.tflite" in text and "@" not in text.replace("@escaping", "")
