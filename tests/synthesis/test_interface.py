"""Tests of synthesis.interface: what a screen is restyled towards, and that letters stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.synthesis.test_lettering import written
from tfnst import assets, images, losses
from tfnst.images.color import LUMA
from tfnst.synthesis.interface import TONE, around_letters, interface_terms, restyle
from tfnst.synthesis.interface_settings import LARGEST, InterfaceSettings, own_size
from tfnst.synthesis.lettering import lettering

SMALL = InterfaceSettings(size=96, steps=(4,), strength=0.8)


def screen(top: int = 90) -> tuple[np.ndarray, np.ndarray]:
    whole, part = written((0.95, 0.95, 0.95), (0.1, 0.1, 0.1), 20)
    return whole[top:150, 140:260], part[top:150, 140:260]


def test_structure_is_matched_at_two_scales_and_pixels_where_letters_are_kept() -> None:
    letters = around_letters(lettering(screen()[0]))
    for keep in (False, True):
        *others, last = interface_terms(replace(SMALL, keep_text=keep), letters)
        assert others[0].name == "content"
        assert [w.name for w in others[-2:]] == ["structure", "structure_2"]
        assert (last.name, last.source) == ("pixels", "content")
        assert isinstance(last.term, losses.PixelTerm)
        assert last.term.weights.min() == pytest.approx(TONE)
        assert last.term.weights.max() == pytest.approx(1 if keep else TONE)


def test_letters_and_what_is_near_count_and_nothing_has_a_border() -> None:
    whole, part = screen(80)
    weights = around_letters(lettering(whole))
    assert weights[part > 0.9].mean() > 0.95 and weights.max() <= 1
    assert weights[:5].max() == 0
    assert np.abs(np.diff(weights, axis=0)).max() < 0.5
    assert not around_letters(np.zeros((20, 30), np.float32)).any()


def test_kept_letters_stay_as_they_were_while_all_else_is_painted() -> None:
    whole, part = screen()
    settings = replace(SMALL, keep_text=True, steps=(12,))
    artwork = images.load(assets.artwork("swirl"), 96).rgb
    painting = restyle(whole, artwork, settings, network="vgg19-lite")
    for report in painting.run():
        assert np.isfinite(list(report.distances.values())).all()
    picture = painting.picture()
    assert picture.shape == (48, 96, 3)
    small, ink = images.resize(whole, 48, 96), images.resize(part, 48, 96)
    near = np.clip(3 * ink, 0, 1) > 0.3
    before, after = ((p @ LUMA)[near] for p in (small, picture))
    assert np.corrcoef(before, after)[0, 1] > 0.9
    assert np.abs(picture - small)[~near].mean() > 0.05
    assert report.distances["pixels"] < 0.2


def test_by_default_a_screen_keeps_its_size_up_to_a_limit() -> None:
    assert own_size(np.zeros((300, 200, 3), np.float32)) == 300
    assert own_size(np.zeros((LARGEST + 1, 200, 3), np.float32)) == LARGEST
    painting = restyle(screen()[0], images.load(assets.artwork("swirl"), 96).rgb)
    assert painting.settings.size == 120
    assert painting.settings.content_layers == InterfaceSettings().painting.content_layers


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="strength is 2; use a number from 0 to 1"):
        InterfaceSettings(strength=2)
    with pytest.raises(ValueError, match="size is 8; use a whole number from 32"):
        InterfaceSettings(size=8)
