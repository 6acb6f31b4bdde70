"""Measurements behind every figure in README, model card and notes."""
