"""What a picture is painted towards: the weighted sum of terms, their targets and their balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import tensorflow as tf
from pydantic import Field

from tfnst.losses.region_terms import RegionTerm
from tfnst.losses.terms import AdditiveTerm, MatchingTerm, ReducedTerm, Term, View
from tfnst.validation import Checked

WEIGHT_RANGE = (1e-4, 1e3)
LEAST = 16  # pixels a side that pictures are seen with: four are halved once each
MOST = 2.0  # times what the other terms count, the most that a steered one may count


@dataclass(frozen=True)
class WeightedTerm(Checked):
    """A term of an objective: how much it counts, and what its target is measured on.

    Args:
        name: what its distance is called in reports; each name once in an objective.
        term: see `losses.Term`.
        weight: of its distance in the sum that is descended. Where a strength below ½ asks for part
            of the style only, terms that are not about the photo count that part.
        source: "style" for the artworks, blended by their shares and, below a strength of ½, with
            the photo; "content" for the photo; None for none, with a term that needs none.
        wanted: a distance that the weight, which then is only the first, is steered towards.

    Raises:
        ValueError: a term, weight, distance or source out of range, in one line.
    """

    name: str
    term: Term
    weight: Annotated[float, Field(ge=0)] = 1.0
    source: Literal["style", "content"] | None = "style"
    wanted: Annotated[float, Field(ge=0)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source is None and self.term.needs_target:
            kind = type(self.term).__name__
            raise ValueError(f"source is None, but {kind} needs a target; use 'style' or 'content'")


def checked(terms: Sequence[WeightedTerm]) -> tuple[WeightedTerm, ...]:
    """The same, or a ValueError: none, something else than a `WeightedTerm`, or a name twice."""
    names = [term.name for term in terms if isinstance(term, WeightedTerm)]
    if not names or len(names) < len(terms) or len(set(names)) < len(names):
        raise ValueError(
            f"terms is {terms!r}; give one WeightedTerm or more, each with a name of its own"
        )
    return tuple(terms)


def layers_of(terms: Sequence[WeightedTerm]) -> tuple[str, ...]:
    """Every layer that some terms read, each once."""
    return tuple(dict.fromkeys(layer for weighted in terms for layer in weighted.term.layers))


def scales_of(terms: Sequence[WeightedTerm]) -> tuple[int, ...]:
    """Every scale at which some terms see the picture smaller, each once."""
    reduced = (w.term for w in terms if isinstance(w.term, ReducedTerm))
    return tuple(dict.fromkeys(term.scale for term in reduced))


def regions_of(terms: Sequence[WeightedTerm]) -> int:
    """How many regions some terms look at; 0 where all see the whole picture."""
    inner = [w.term.term if isinstance(w.term, ReducedTerm) else w.term for w in terms]
    return max((term.region + 1 for term in inner if isinstance(term, RegionTerm)), default=0)


def adds_up(weighted: WeightedTerm) -> bool:
    """Whether a term needs no more than sums over tiles, and the photo beside them at most."""
    term = summed(weighted)
    return isinstance(term, AdditiveTerm) and (weighted.source == "content" or not term.beside)


def summed(weighted: WeightedTerm) -> Any:
    """The term itself, at whatever scale it sees the picture."""
    term = weighted.term
    return term.term if isinstance(term, ReducedTerm) else term


def view(
    extractor: Callable[[Any], Mapping[str, Any]],
    image: Any,
    scales: Sequence[int] = (),
    mask: Any = None,
    draw: Any = 0,
    regions: Any = None,
) -> View:
    """What terms see of (B, H, W, 3) pictures: at their size, and smaller by each of the scales.

    Of a mask, (B, H, W, 1), and of regions, (B, H, W, R), likewise; `draw` is that of `View`.
    """
    smaller = {}
    for scale in scales:
        there = [None if part is None else reduced(part, scale) for part in (mask, regions)]
        smaller[scale] = view(extractor, reduced(image, scale), (), there[0], draw, there[1])
    return View(image, extractor(image), mask, draw, smaller, regions)


def reduced(picture: Any, scale: int) -> Any:
    """Averages of squares; reflected to `LEAST` pixels a side, of which deep layers see something.

    Squares that hang over a border are averages of what there is.
    """
    small = tf.nn.avg_pool2d(picture, scale, scale, "SAME")
    lacking = tf.maximum(LEAST - tf.shape(small)[1:3], 0)
    return tf.pad(small, [[0, 0], [0, lacking[0]], [0, lacking[1]], [0, 0]], "SYMMETRIC")


def measure(terms: Sequence[WeightedTerm], view: View) -> dict[str, Any]:
    """What terms whose target is an artwork measure of one, by name."""
    return {w.name: w.term.measure(view) for w in terms if w.source == "style"}


def blend(
    terms: Sequence[WeightedTerm],
    artworks: Sequence[Mapping[str, Any]],
    shares: Sequence[float] | Mapping[str, Sequence[float]],
) -> dict[str, Any]:
    """What `measure` gave of several artworks as that of one, by shares relative to each other.

    They may be others for each term, by its name.
    """
    blended = {}
    for weighted in terms:
        if weighted.source == "style":
            own = shares[weighted.name] if isinstance(shares, Mapping) else shares
            measured = [artwork[weighted.name] for artwork in artworks]
            blended[weighted.name] = weighted.term.blend(measured, own)
    return blended


class Objective:
    """The sum of weighted terms, with targets and weights in variables that a traced step reads.

    Args:
        terms: each with a name of its own.
        share: how much of a target the artworks make up; the photo itself makes up the rest.

    Raises:
        ValueError: no term, something else than a `WeightedTerm`, or two of one name.
    """

    def __init__(self, terms: Sequence[WeightedTerm], share: float = 1.0) -> None:
        self.terms, self.share = checked(terms), share
        self.scales, self.regions = scales_of(terms), regions_of(terms)
        reduced = [w.term.term for w in terms if isinstance(w.term, ReducedTerm)]
        # By identity: a term of one's own may have arrays, and then no hash. Within a step a
        # function takes longer to trace than its term alone, so it must serve several scales.
        uses = Counter(id(term) for term in reduced)
        self.traced = {
            id(term): tf.function(term.distance, autograph=False)
            for term in reduced
            if uses[id(term)] > 1
        }
        self.targets: dict[str, Any] = {w.name: None for w in terms}
        fixed = {w.name: w.weight * (1.0 if w.source == "content" else share) for w in terms}
        # Those that are steered, and those that may count at some sizes only.
        variable = {
            w.name: tf.Variable(w.weight if w.wanted is not None else fixed[w.name])
            for w in terms
            if w.wanted is not None or isinstance(w.term, MatchingTerm)
        }
        self.weights: dict[str, Any] = {**fixed, **variable}

    def aim(
        self,
        photo: View,
        style: Mapping[str, Any],
        picture: View | None = None,
        apart: bool = False,
        matching: bool = True,
    ) -> None:
        """Measure a photo, and keep what is wanted of it and of the artworks, see `blend`.

        What a `MatchingTerm` wants depends on the picture too, by default the photo; one that is
        not steered counts while there is `matching`.
        """
        picture = photo if picture is None else picture
        for weighted in self.terms:
            term, name = weighted.term, weighted.name
            if weighted.source == "style" and isinstance(term, MatchingTerm):
                self._keep(name, term.match(style[name], picture, photo, self.share, apart))
                if weighted.wanted is None:
                    self.weights[name].assign(weighted.weight * self.share * matching)
            elif weighted.source is not None:
                measure = partial(term.measure, photo)
                self._keep(name, term.target(self._measurement(weighted, measure, style)))

    def aim_by_sums(self, photo: Mapping[str, Any], style: Mapping[str, Any]) -> None:
        """As `aim`, by names of terms, with the sums of a photo's tiles in place of its view.

        Terms that see the photo beside keep nothing.
        """
        for weighted in self.terms:
            term = summed(weighted)
            if weighted.source is not None and not term.beside:
                measure = partial(term.from_sums, photo[weighted.name])
                measurement = self._measurement(weighted, measure, style)
                self._keep(weighted.name, term.target(measurement))

    @property
    def matches(self) -> bool:
        """Whether some target depends on the picture too."""
        return any(isinstance(weighted.term, MatchingTerm) for weighted in self.terms)

    def _measurement(
        self, weighted: WeightedTerm, photo: Callable[[], Any], style: Mapping[str, Any]
    ) -> Any:
        """Of the photo, or of the artworks with the photo's share."""
        if weighted.source == "content":
            return photo()
        artworks = style[weighted.name]
        if self.share == 1:
            return artworks
        return weighted.term.blend([artworks, photo()], [self.share, 1 - self.share])

    def _keep(self, name: str, target: Any) -> None:
        """Put tensors into variables; pictures and activations may have another size next time."""
        target = tf.nest.map_structure(lambda x: tf.convert_to_tensor(x, tf.float32), target)
        if self.targets[name] is None:
            self.targets[name] = tf.nest.map_structure(
                lambda x: tf.Variable(
                    x, shape=(1, None, None, x.shape[-1]) if x.shape.rank == 4 else x.shape
                ),
                target,
            )
        tf.nest.map_structure(lambda variable, x: variable.assign(x), self.targets[name], target)

    def clear(self) -> None:
        """Forget activations, which are large, and what weights have become."""
        for weighted in self.terms:
            if weighted.wanted is not None:
                self.weights[weighted.name].assign(weighted.weight)
            for variable in tf.nest.flatten(self.targets[weighted.name]):
                if variable is not None and variable.shape.rank == 4:
                    variable.assign(tf.zeros((1, 1, 1, variable.shape[-1])))

    def distances(self, view: View) -> Any:
        """Of one picture, (T,): a number a term, in their order."""
        return tf.stack([self._distance(w.term, view, self.targets[w.name])[0] for w in self.terms])

    def distances_by_sums(self, sums: Mapping[str, Any]) -> Any:
        """As `distances`, of a picture whose tiles' sums, by names of terms, add up to these."""
        return tf.stack([self._compared(w, sums[w.name])[0] for w in self.terms])

    def _compared(self, weighted: WeightedTerm, sums: Any) -> Any:
        term = summed(weighted)
        target = None if term.beside else self.targets[weighted.name]
        return term.compare(term.from_sums(sums), target)

    def _distance(self, term: Term, view: View, target: Any) -> Any:
        """A term's; one that looks at several scales is traced once for all of them."""
        inner, there = term, view
        if isinstance(term, ReducedTerm):
            inner, there = term.term, view.reduced[term.scale]
        if id(inner) not in self.traced:
            return term.distance(view, target)
        target = tf.nest.map_structure(tf.convert_to_tensor, target)
        return self.traced[id(inner)](there._replace(reduced={}), target)

    def total(self, distances: Any) -> Any:
        """The weighted sum, which is descended."""
        return sum(self.weights[w.name] * distances[i] for i, w in enumerate(self.terms))

    def named(self, distances: Any) -> dict[str, float]:
        """Distances by the names of their terms."""
        return {w.name: float(x) for w, x in zip(self.terms, distances, strict=True)}

    def details(self, view: View) -> dict[str, float]:
        """What the distances of a view are made of, by the names of terms and of what they tell."""
        parts: dict[str, float] = {}
        for weighted in self.terms:
            target = self.targets[weighted.name]
            named = weighted.term.details(view, target)
            named = {f" {k}": v for k, v in named.items()} or {
                "": weighted.term.distance(view, target)
            }
            parts |= {f"{weighted.name}{k}": float(v[0]) for k, v in named.items()}
        return parts

    def steer(self, distances: Any, gain: float) -> None:
        """Raise a weight where its distance is above the one wanted, lower it where it is below.

        A weight fixed beforehand loses a face to one artwork and leaves another without effect. One
        that rose without end, where the steps themselves keep the picture farther from the photo
        than is wanted, would leave style, and with it all colours, without effect.
        """
        fixed = sum(
            self.weights[w.name] * distances[i]
            for i, w in enumerate(self.terms)
            if w.wanted is None
        )
        for i, weighted in enumerate(self.terms):
            if weighted.wanted is None:
                continue
            distance, variable = distances[i], self.weights[weighted.name]
            ratio = (distance + 1e-4) / (weighted.wanted + 1e-4)
            weight = variable * tf.exp(gain * tf.clip_by_value(tf.math.log(ratio), -1.0, 1.0))
            least, limit = WEIGHT_RANGE
            most = tf.clip_by_value(MOST * fixed / (distance + 1e-4), least, limit)
            variable.assign(tf.clip_by_value(weight, least, most))
