"""What tests of several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tfnst import cli

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the program itself does


class Ended(NamedTuple):
    status: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def tfnst(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Call the command in this process; also what C++ code writes is captured."""

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tfnst", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capfd.readouterr()
        return Ended(int(caught.value.code or 0), out, err)

    return call
