"""Terms of regions: each part of a picture is compared with its own part of the artworks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from keras import ops
from pydantic import Field

from tfnst.losses.terms import MatchingTerm, Term, View
from tfnst.tensors import Tensor
from tfnst.validation import Checked


class Part(NamedTuple):
    """What is measured of an artwork's part.

    Attributes:
        measurement: of the term.
        area: of the part, as a share of the artwork; where it is 0 nothing was measured.
    """

    measurement: Any
    area: float


@dataclass(frozen=True)
class RegionTerm(Checked, Term):
    """Another term, which sees one region alone, of the picture and of the artworks.

    Guided style transfer with guided sums: Gatys, Ecker, Bethge, Hertzmann & Shechtman,
    "Controlling Perceptual Factors in Neural Style Transfer", CVPR 2017, section 4.1. Measurements
    are taken outside of compiled steps.

    Args:
        term: what is to be matched there; it heeds masks.
        region: which of `View.regions`, from 0.

    Raises:
        ValueError: no term, or no whole number from 0.
    """

    term: Term
    region: Annotated[int, Field(ge=0)]

    @property
    def layers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the term."""
        return self.term.layers

    def seen(self, view: View) -> View:
        """A view with the region for its mask."""
        regions: Any = view.regions
        return view._replace(mask=regions[..., self.region : self.region + 1])

    def measure(self, view: View) -> Part:
        """What the term measures of the region, and how large that is."""
        seen = self.seen(view)
        area = float(ops.mean(ops.cast(seen.mask, "float32")))
        return Part(self.term.measure(seen) if area else None, area)

    def blend(self, measurements: Sequence[Part], shares: Sequence[float]) -> Part:
        """As the term blends those of artworks that have such a region."""
        parts = [(m, s) for m, s in zip(measurements, shares, strict=True) if m.area and s]
        measured, weights = [m.measurement for m, _ in parts], [s for _, s in parts]
        return Part(self.term.blend(measured, weights), sum(m.area for m, _ in parts) / len(parts))

    def target(self, measurement: Part) -> Any:
        """As the term forms it."""
        return self.term.target(measurement.measurement)

    def distance(self, view: View, target: Any) -> Tensor:
        """The term's, of the region."""
        return self.term.distance(self.seen(view), target)

    def details(self, view: View, target: Any) -> dict[str, Tensor]:
        """The term's, of the region."""
        return self.term.details(self.seen(view), target)


class MatchingRegionTerm(RegionTerm, MatchingTerm):
    """A `MatchingTerm` of one region; see `RegionTerm`.

    Args:
        term: what is to be matched there.
    """

    term: MatchingTerm

    def match(
        self,
        measurement: Part,
        view: View,
        photo: View,
        share: float = 1.0,
        apart: bool = False,
    ) -> Any:
        """As the term finds it among the columns of the region."""
        seen, there = self.seen(view), self.seen(photo)
        return self.term.match(measurement.measurement, seen, there, share, apart)


def region_term(term: Term, region: int) -> RegionTerm:
    """A term of one region.

    Args:
        term: one that heeds masks.
        region: which of `View.regions`, from 0.

    Returns:
        A `RegionTerm`, of a `MatchingTerm` a `MatchingRegionTerm`.
    """
    kind = MatchingRegionTerm if isinstance(term, MatchingTerm) else RegionTerm
    return kind(term, region)
