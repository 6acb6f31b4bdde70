"""`tfnst.export.lite` by its short name: exported networks on machines without TensorFlow."""

from tfnst.export.lite import MULTIPLE as MULTIPLE
from tfnst.export.lite import NAMES as NAMES
from tfnst.export.lite import Model as Model
from tfnst.export.lite import Stylizer as Stylizer
