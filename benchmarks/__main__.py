"""`make bench`: every measurement that needs nothing but the package."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import (
    analogies,
    feed_forward,
    lite,
    painting,
    resolution,
    step_cost,
    style_losses,
    texture,
    tutorial,
)


def main() -> None:
    """Run them one after the other, with their defaults."""
    runs: tuple[Callable[[], None], ...] = (
        analogies.main,
        feed_forward.main,
        lite.main,
        painting.main,
        resolution.main,
        step_cost.main,
        style_losses.main,
        texture.main,
        tutorial.main,
    )
    sys.argv = sys.argv[:1]
    for run in runs:
        run()


if __name__ == "__main__":
    main()
