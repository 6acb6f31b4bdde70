"""Tests of tfnst.painting.clip_progress."""

from __future__ import annotations

import itertools
import time

import pytest

from tfnst.painting.clip_progress import Speed


def test_speed_is_that_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first frame takes ten seconds, the others half a second each.
    times = itertools.chain([0.0, 10.0], (10 + 0.5 * n for n in itertools.count(1)))
    monkeypatch.setattr(time, "perf_counter", lambda: next(times))
    speed = Speed()
    first = speed.report(1, 200)
    assert (first.rate, first.seconds_left) == (None, None)
    assert speed.report(2, 200).rate == pytest.approx(0.1)
    reports = [speed.report(number, 200) for number in range(3, 101)]
    assert reports[-1].rate == pytest.approx(2) and reports[-1].seconds_left == pytest.approx(50)
    assert speed.report(101, None).seconds_left is None
    assert speed.report(300, 200).seconds_left == 0
