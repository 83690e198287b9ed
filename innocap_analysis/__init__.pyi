"""What `innocap_analysis` offers; each name is loaded when it is first used."""

from .batch.run import run_notebooks
from .data.units import find_unit
from .errors import InnocapError
from .index.aggregate import aggregate
from .index.alternatives import change_codebook, compare_alternatives
from .index.capacity import load_capacity
from .index.codebook_file import read_codebook
from .index.coherence import correlate_nodes, estimate_group_alpha, estimate_importance
from .index.factors import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
)
from .index.figures import ScoreWarning
from .index.normalise import normalise
from .index.panel import score_panel
from .index.score import rank_units, score_index
from .index.sensitivity import run_sensitivity
from .index.steps import impute, treat_outliers
from .index.weights import derive_weights
from .pages.drawing.saving import save_figure
from .pages.explorer.widget import open_explorer
from .pages.opening import open_view
from .pages.place_view import open_place_view
from .pages.survey_view import open_survey_view
from .settings import load_settings
from .survey.answers import clean_answers, mask_answers
from .survey.evidence import Evidence
from .survey.files.read import read_survey
from .survey.instrument import read_instrument
from .survey.publish import Release
from .survey.score import average_scores, score_answers, turn_answers
from .survey.shares import estimate_top_two, tabulate_answers
from .survey.wave import load_wave

__version__: str

__all__ = [
    "AggregationChoice",
    "Evidence",
    "ImputationChoice",
    "InnocapError",
    "LeaveOneOut",
    "MeasurementError",
    "NormalisationChoice",
    "Release",
    "ScoreWarning",
    "TreatmentChoice",
    "WeightNoise",
    "aggregate",
    "average_scores",
    "change_codebook",
    "clean_answers",
    "compare_alternatives",
    "correlate_nodes",
    "derive_weights",
    "estimate_group_alpha",
    "estimate_importance",
    "estimate_top_two",
    "find_unit",
    "impute",
    "load_capacity",
    "load_settings",
    "load_wave",
    "mask_answers",
    "normalise",
    "open_explorer",
    "open_place_view",
    "open_survey_view",
    "open_view",
    "rank_units",
    "read_codebook",
    "read_instrument",
    "read_survey",
    "run_notebooks",
    "run_sensitivity",
    "save_figure",
    "score_answers",
    "score_index",
    "score_panel",
    "tabulate_answers",
    "treat_outliers",
    "turn_answers",
]
