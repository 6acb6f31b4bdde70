"""Keras layers for models of one's own: `tfnst.networks.random_style` by a short name."""

from tfnst.networks.random_style import RandomStyle

__all__ = ["RandomStyle"]
