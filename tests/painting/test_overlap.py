"""Tests of tfnst.painting.overlap."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tfnst.painting.overlap import Ahead, Behind


def test_a_few_items_are_taken_ahead_and_no_more() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    ahead = Ahead(items(), 3)
    for number in ahead:
        assert len(taken) <= number + 5  # one in hand, three that wait, one that finds no room
    assert number == 19 and ahead.close()


def test_an_error_comes_after_what_was_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    ahead, got = Ahead(items(), 3), []
    with pytest.raises(OSError, match="gone"):
        got += [number for number in ahead if got.append(number) is None]
    assert got == [1] and ahead.close()


def test_reading_that_never_ends_is_left_alone() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        release.wait()
        yield 1

    ahead = Ahead(items(), 1)
    assert not ahead.close(0.01)
    release.set()
    assert ahead.close()


def test_a_full_queue_does_not_hold_up_the_end() -> None:
    began = time.perf_counter()
    ahead = Ahead(iter(range(99)), 1)
    assert next(iter(ahead)) == 0 and ahead.close()
    assert time.perf_counter() - began < 2


def test_all_items_are_taken_in_their_order() -> None:
    taken: list[int] = []
    behind = Behind(taken.append, 2)
    for number in range(9):
        behind.put(number)
    behind.finish()
    assert taken == list(range(9))


def test_an_error_of_the_taker_is_raised_where_items_are_made() -> None:
    def take(number: int) -> None:
        if number == 1:
            raise OSError("full")

    behind = Behind(take, 1)
    with pytest.raises(OSError, match="full"):
        for number in range(99):
            behind.put(number)
    with pytest.raises(OSError, match="full"):
        behind.finish()


def test_abandoned_items_are_not_taken() -> None:
    gate, taken = threading.Event(), []

    def take(number: int) -> None:
        gate.wait()
        taken.append(number)

    behind = Behind(take, 5)
    for number in range(4):
        behind.put(number)
    threading.Timer(0.1, gate.set).start()
    behind.abandon()
    assert taken in ([], [0])
