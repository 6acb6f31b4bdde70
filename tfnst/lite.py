"""Exported networks on machines without TensorFlow: `tfnst.export.lite` by a short name."""

from tfnst.export.lite import NAMES as NAMES
from tfnst.export.lite import Model as Model
from tfnst.export.lite import Stylizer as Stylizer
