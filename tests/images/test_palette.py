"""Tests of images.palette: clusters, roles that can be read, and the files."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfnst import assets, images
from tfnst.images import palette

BANDS = np.array([[0.9, 0.85, 0.7], [0.1, 0.2, 0.5], [0.8, 0.2, 0.1]])


def striped(*widths: int) -> np.ndarray:
    columns = np.repeat(BANDS[: len(widths)], widths, 0)
    return np.broadcast_to(columns, (20, *columns.shape)).astype(np.float32)


def test_clusters_are_the_colors_of_flat_areas_the_most_common_first() -> None:
    colors, shares = palette.clusters(striped(60, 30, 10))
    np.testing.assert_allclose(colors, BANDS, atol=2e-3)
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.01)
    again, _ = palette.clusters(images.load(assets.artwork("waves")).rgb, seed=3)
    same, _ = palette.clusters(images.load(assets.artwork("waves")).rgb, seed=3)
    np.testing.assert_array_equal(again, same)
    assert len(again) == palette.COLORS


def test_roles_follow_area_lightness_and_strength() -> None:
    roles = palette.roles(striped(60, 25, 15))
    np.testing.assert_allclose(roles["background"], BANDS[0], atol=0.01)
    assert images.oklab(roles["text"])[0] < 0.5 < images.oklab(roles["surface"])[0]
    strong = {tuple(roles[name].round(1)) for name in ("primary", "accent")}
    assert strong == {tuple(color.round(1)) for color in BANDS[1:]}


@pytest.mark.parametrize("name", assets.NAMES)
def test_of_every_artwork_all_pairs_can_be_read(name: str) -> None:
    roles = palette.roles(images.load(assets.artwork(name), 256).rgb)
    for text, paper in palette.PAIRS:
        assert images.contrast(roles[text], roles[paper]) >= 4.5, (text, paper)


@settings(max_examples=15, deadline=None, database=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.floats(0, 1))
def test_of_any_few_colors_all_pairs_can_be_read(seed: int, count: int, spread: float) -> None:
    """Also where they are hardly apart, or one alone."""
    random = np.random.default_rng(seed)
    colors = np.clip(random.random(3) + spread * random.normal(0, 0.3, (count, 3)), 0, 1)
    picture = colors[random.integers(0, count, (12, 12))].astype(np.float32)
    roles = palette.roles(picture)
    for text, paper in palette.PAIRS:
        assert images.contrast(roles[text], roles[paper]) >= 4.5


def test_files_name_the_roles() -> None:
    roles = palette.roles(striped(60, 25, 15))
    css, xml = palette.as_css(roles), palette.as_android(roles)
    named = dict(re.findall(r"^  --([a-z-]+): (#[0-9a-f]{6});$", css, re.M))
    assert css.startswith(":root {\n") and css.endswith("}\n")
    assert {name.replace("-", "_") for name in named} == set(roles)
    assert named["on-primary"] == palette.hexadecimal(roles["on_primary"])
    elements = ElementTree.fromstring(xml.encode()).findall("color")
    found = {element.get("name"): element.text for element in elements}
    assert found == {k: "#FF" + palette.hexadecimal(v)[1:].upper() for k, v in roles.items()}
