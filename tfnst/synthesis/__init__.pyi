from .default_objective import default_terms as default_terms
from .objective import Objective as Objective
from .objective import WeightedTerm as WeightedTerm
from .settings import Settings as Settings
from .style_transfer import DivergenceError as DivergenceError
from .style_transfer import Progress as Progress
from .style_transfer import StyleTransfer as StyleTransfer
from .style_transfer import stylize as stylize
