from .appearance import Look as Look
from .pictures import PassRecipe as PassRecipe
from .recipe import Recipe as Recipe
from .targets import Jobs as Jobs
