"""What a picture is painted towards: the weighted sum of terms, their targets and their balance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tensorflow as tf

from tfnst.losses.terms import (
    ContentTerm,
    GramTerm,
    Term,
    VariationTerm,
    View,
    WassersteinTerm,
)
from tfnst.synthesis.settings import Settings

STYLE_TERMS = {"gram": GramTerm, "wasserstein": WassersteinTerm}
SOURCES = ("style", "content", None)
FIRST_WEIGHT = 0.05  # of the content distance; found on unlike pairs, then corrected by `steer`
WEIGHT_RANGE = (1e-4, 1e3)
MOST = 2.0  # times what the other terms count, the most that a steered one may count


def distance_wanted(strength: float) -> float:
    """The `losses.content_distance` that a strength asks for: 0.18 at ½, where faces still hold."""
    return 0.6 * math.pow(strength, 1.75)


def style_share(strength: float) -> float:
    """How much of the style's statistics the target holds; the photo's own make up the rest.

    Content distance leaves palette and contrast free, so a weak style needs a weak target too.
    """
    return min(1.0, 2 * strength)


@dataclass(frozen=True)
class WeightedTerm:
    """A term of an objective: how much it counts, and what its target is measured on.

    Args:
        name: what its distance is called in reports; each name once in an objective.
        term: see `losses.Term`.
        weight: of its distance in the sum that is descended, from 0. Where a strength below ½ asks
            for part of the style only, terms that are not about the photo count that part.
        source: "style" for the artworks, blended by their shares and, below a strength of ½, with
            the photo; "content" for the photo; None for a term without a target.
        wanted: a distance that the weight, which then is only the first, is steered towards.

    Raises:
        ValueError: a weight, distance or source out of range, in one line.
    """

    name: str
    term: Term
    weight: float = 1.0
    source: Literal["style", "content"] | None = "style"
    wanted: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("weight", self.weight), ("wanted", self.wanted or 0.0)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} of term {self.name!r} is {value!r}; use a number from 0")
        if self.source not in SOURCES:
            raise ValueError(
                f"source of term {self.name!r} is {self.source!r}; use 'style', 'content' or None"
            )


def terms_of(settings: Settings) -> tuple[WeightedTerm, ...]:
    """Content, style and variation, as settings weigh them."""
    style = STYLE_TERMS[settings.style_loss](settings.style_layers, settings.style_weights)
    wanted = distance_wanted(settings.strength)
    return (
        WeightedTerm(
            "content", ContentTerm(settings.content_layers), FIRST_WEIGHT, "content", wanted
        ),
        WeightedTerm("style", style),
        WeightedTerm("variation", VariationTerm(), settings.variation, None),
    )


def checked(terms: Sequence[WeightedTerm]) -> tuple[WeightedTerm, ...]:
    """The same, or a ValueError where one is no `WeightedTerm` or two share a name."""
    for term in terms:
        if not isinstance(term, WeightedTerm):
            raise ValueError(f"terms holds {term!r}; give each as WeightedTerm(name, term, weight)")
    names = [term.name for term in terms]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"terms has two called {repeated[0]!r}; give each a name of its own")
    return tuple(terms)


def layers_of(terms: Sequence[WeightedTerm]) -> tuple[str, ...]:
    """Every layer that some terms read, each once."""
    return tuple(dict.fromkeys(layer for weighted in terms for layer in weighted.term.layers))


def measure(terms: Sequence[WeightedTerm], view: View) -> dict[str, Any]:
    """What terms whose target is an artwork measure of one, by name."""
    return {w.name: w.term.measure(view) for w in terms if w.source == "style"}


def blend(
    terms: Sequence[WeightedTerm], artworks: Sequence[Mapping[str, Any]], shares: Sequence[float]
) -> dict[str, Any]:
    """What `measure` gave of several artworks as that of one, by shares relative to each other."""
    return {
        w.name: w.term.blend([artwork[w.name] for artwork in artworks], shares)
        for w in terms
        if w.source == "style"
    }


class Objective:
    """The sum of weighted terms, with targets and weights in variables that a traced step reads.

    Args:
        terms: each with a name of its own.
        share: how much of a target the artworks make up; the photo itself makes up the rest.

    Raises:
        ValueError: no `WeightedTerm`, or two of one name.
    """

    def __init__(self, terms: Sequence[WeightedTerm], share: float = 1.0) -> None:
        self.terms, self.share = checked(terms), share
        self.targets: dict[str, Any] = {w.name: None for w in terms}
        self.weights: dict[str, Any] = {
            w.name: w.weight * (1.0 if w.source == "content" else share)
            if w.wanted is None
            else tf.Variable(w.weight)
            for w in terms
        }

    def aim(self, photo: View, style: Mapping[str, Any]) -> None:
        """Measure a photo, and keep what is wanted of it and of the artworks, see `blend`."""
        for weighted in self.terms:
            if weighted.source is None:
                continue
            name, term = weighted.name, weighted.term
            measured = term.measure(photo)
            if weighted.source == "style":
                measured = term.blend([style[name], measured], [self.share, 1 - self.share])
            self._keep(name, term.target(measured))

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

    def distances(self, view: View) -> Any:
        """Of one picture, (T,): a number a term, in their order."""
        return tf.stack([w.term.distance(view, self.targets[w.name])[0] for w in self.terms])

    def total(self, distances: Any) -> Any:
        """The weighted sum, which is descended."""
        return sum(self.weights[w.name] * distances[i] for i, w in enumerate(self.terms))

    def named(self, distances: Any) -> dict[str, float]:
        """Distances by the names of their terms."""
        return {w.name: float(x) for w, x in zip(self.terms, distances, strict=True)}

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
