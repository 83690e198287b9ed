"""What `innocap_analysis` offers; each name is loaded when it is first used."""

from .batch.run import run_notebooks
from .codebook import read_codebook, read_instrument
from .compare.cfa import fit_cfa
from .compare.clusters import compare_cluster_pairs, estimate_cluster_means
from .compare.coherence import (
    correlate_nodes,
    estimate_group_alpha,
    estimate_importance,
    leave_one_out,
)
from .compare.describe import summarise
from .compare.efa import fit_efa, run_parallel_analysis, test_sampling_adequacy
from .compare.groups import compare_groups, compare_pairs
from .compare.imputation import impute_multiple, pool_estimates
from .compare.invariance import screen_dif, test_invariance
from .compare.mixed import estimate_icc, fit_mixed_means
from .compare.ordinal import compare_answers
from .compare.polychoric import estimate_polychoric
from .compare.pooling import pool_means
from .compare.reference import compare_to_reference, rank_priorities
from .compare.reliability import (
    bootstrap_alpha,
    describe_items,
    estimate_reliability,
)
from .compare.shares import estimate_top_two, tabulate_answers
from .pages.opening import open_survey_view, open_view
from .prepare.answers import clean_answers, count_cleaning, mask_answers
from .prepare.observations import read_observations
from .prepare.survey.read import read_survey
from .prepare.units import find_unit
from .prepare.wave import load_wave
from .present.figure import save_figure
from .present.tables import make_table
from .score.aggregate import aggregate
from .score.alternatives import change_codebook, compare_alternatives
from .score.capacity import load_capacity
from .score.factors import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
)
from .score.index import rank_units, score_index
from .score.normalise import ScoreWarning, normalise
from .score.panel import score_panel, tabulate_changes
from .score.robustness import (
    estimate_superiority,
    rank_interval,
    summarise_ranks,
)
from .score.sensitivity import run_sensitivity
from .score.sobol import estimate_sobol
from .score.steps import denominate, impute, screen_units
from .score.survey import (
    average_scores,
    estimate_response_rates,
    rake_weights,
    score_answers,
    turn_answers,
)
from .score.treat import treat_outliers
from .score.weights import compute_effective_weights, derive_weights
from .settings import InnocapError, load_settings
from .survey.disclosure import suppress_small_cells
from .survey.evidence import Evidence

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
    "bootstrap_alpha",
    "change_codebook",
    "clean_answers",
    "compare_alternatives",
    "compare_answers",
    "compare_cluster_pairs",
    "compare_groups",
    "compare_pairs",
    "compare_to_reference",
    "compute_effective_weights",
    "correlate_nodes",
    "count_cleaning",
    "denominate",
    "derive_weights",
    "describe_items",
    "estimate_cluster_means",
    "estimate_group_alpha",
    "estimate_icc",
    "estimate_importance",
    "estimate_polychoric",
    "estimate_reliability",
    "estimate_response_rates",
    "estimate_sobol",
    "estimate_superiority",
    "estimate_top_two",
    "find_unit",
    "fit_cfa",
    "fit_efa",
    "fit_mixed_means",
    "impute",
    "impute_multiple",
    "leave_one_out",
    "load_capacity",
    "load_settings",
    "load_wave",
    "make_table",
    "mask_answers",
    "normalise",
    "open_survey_view",
    "open_view",
    "pool_estimates",
    "pool_means",
    "rake_weights",
    "rank_interval",
    "rank_priorities",
    "rank_units",
    "read_codebook",
    "read_instrument",
    "read_observations",
    "read_survey",
    "run_notebooks",
    "run_parallel_analysis",
    "run_sensitivity",
    "save_figure",
    "score_answers",
    "score_index",
    "score_panel",
    "screen_dif",
    "screen_units",
    "summarise",
    "summarise_ranks",
    "suppress_small_cells",
    "tabulate_answers",
    "tabulate_changes",
    "test_invariance",
    "test_sampling_adequacy",
    "treat_outliers",
    "turn_answers",
]
