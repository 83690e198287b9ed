"""What `innocap_analysis` offers; each name is loaded when it is first used."""

from .batch.run import run_notebooks
from .data.units import find_unit
from .errors import InnocapError
from .index.aggregate import aggregate
from .index.alternatives import change_codebook, compare_alternatives
from .index.capacity import load_capacity
from .index.codebook_file import read_codebook
from .index.coherence import (
    correlate_nodes,
    estimate_group_alpha,
    estimate_importance,
    leave_one_out,
)
from .index.factors import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
)
from .index.normalise import ScoreWarning, normalise
from .index.panel import score_panel, tabulate_changes
from .index.reference import compare_to_reference, rank_priorities
from .index.robustness import (
    estimate_superiority,
    rank_interval,
    summarise_ranks,
)
from .index.score import rank_units, score_index
from .index.sensitivity import run_sensitivity
from .index.sobol import estimate_sobol
from .index.steps import denominate, impute, screen_units
from .index.treat import treat_outliers
from .index.weights import compute_effective_weights, derive_weights
from .pages.drawing.figure import save_figure
from .pages.opening import open_survey_view, open_view
from .pages.place_view import open_place_view
from .pages.tables import make_table
from .settings import load_settings
from .survey.answers import clean_answers, count_cleaning, mask_answers
from .survey.disclosure import suppress_small_cells
from .survey.evidence import Evidence
from .survey.files.read import read_survey
from .survey.instrument import read_instrument
from .survey.score import (
    average_scores,
    estimate_response_rates,
    rake_weights,
    score_answers,
    turn_answers,
)
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
    "ScoreWarning",
    "TreatmentChoice",
    "WeightNoise",
    "aggregate",
    "average_scores",
    "change_codebook",
    "clean_answers",
    "compare_alternatives",
    "compare_to_reference",
    "compute_effective_weights",
    "correlate_nodes",
    "count_cleaning",
    "denominate",
    "derive_weights",
    "estimate_group_alpha",
    "estimate_importance",
    "estimate_response_rates",
    "estimate_sobol",
    "estimate_superiority",
    "estimate_top_two",
    "find_unit",
    "impute",
    "leave_one_out",
    "load_capacity",
    "load_settings",
    "load_wave",
    "make_table",
    "mask_answers",
    "normalise",
    "open_place_view",
    "open_survey_view",
    "open_view",
    "rake_weights",
    "rank_interval",
    "rank_priorities",
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
    "screen_units",
    "summarise_ranks",
    "suppress_small_cells",
    "tabulate_answers",
    "tabulate_changes",
    "treat_outliers",
    "turn_answers",
]
