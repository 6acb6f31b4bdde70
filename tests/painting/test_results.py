"""Tests of tfnst.painting.results: manifests and pages."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfnst import files, images
from tfnst.painting import results
from tfnst.painting.pictures import Applied


@pytest.fixture
def reports(tmp_path: Path) -> list[Applied]:
    """Of one that was painted, one that was there, and one that failed."""
    random = np.random.default_rng(0)
    for name in ("<a>.png", "b.png", "painted.png", "there.png"):
        images.save(tmp_path / name, random.random((40, 60, 3), np.float32))
    names = [("<a>.png", "painted.png", False, None), ("b.png", "there.png", True, None)]
    names += [("c.png", "c_painted.png", False, "c.png: the file is empty")]
    return [
        Applied(step, 3, str(tmp_path / source), str(tmp_path / output), 0.5, skipped, error)
        for step, (source, output, skipped, error) in enumerate(names, 1)
    ]


def test_a_manifest_has_a_line_a_picture(reports: list[Applied]) -> None:
    lines = [json.loads(line) for line in results.manifest(reports).splitlines()]
    assert [line["state"] for line in lines] == ["painted", "skipped", "failed"]
    assert lines[0]["sha256"] == files.sha256(reports[0].output)
    assert lines[2]["error"] == reports[2].error and "sha256" not in lines[2]
    assert [line["source"] for line in lines] == [report.source for report in reports]


def test_a_page_holds_both_pictures_of_each_pair_and_loads_nothing(reports: list[Applied]) -> None:
    page, errors = results.page(reports, "my <pictures>")
    assert errors == []
    assert "<title>my &lt;pictures&gt;</title>" in page and "&lt;a&gt;.png" in page
    assert page.count('type="range"') == 2
    assert "http" not in page and re.findall(r'src="(?!data:)', page) == []
    embedded = [base64.b64decode(x) for x in re.findall(r"data:image/jpeg;base64,([^\"]+)", page)]
    pictures = [np.asarray(Image.open(io.BytesIO(data)), np.float32) / 255 for data in embedded]
    assert [picture.shape for picture in pictures] == [(40, 60, 3)] * 4
    painting, photo = images.load(reports[0].output).rgb, images.load(reports[0].source).rgb
    assert np.abs(pictures[0] - painting).mean() < np.abs(pictures[0] - photo).mean()
    assert np.abs(pictures[1] - photo).mean() < np.abs(pictures[1] - painting).mean()


def test_names_of_files_may_be_no_unicode(reports: list[Applied], tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Path(reports[0].source).rename(tmp_path / name)
    named = [replace(reports[0], source=str(tmp_path / name)), *reports[1:]]
    text = results.manifest(named)
    assert text.isascii() and json.loads(text.splitlines()[0])["source"].endswith(name)
    page, errors = results.page(named, "all")
    assert "caf\N{REPLACEMENT CHARACTER}.png" in page and errors == []


def test_what_cannot_be_read_is_left_out_of_the_page(reports: list[Applied]) -> None:
    content = Path(reports[1].output).read_bytes()
    Path(reports[1].output).write_bytes(content[: len(content) // 2])
    page, errors = results.page(reports, "all")
    assert page.count('type="range"') == 1
    (error,) = errors
    assert "there.png" in error and error.endswith("it is not on the page")
