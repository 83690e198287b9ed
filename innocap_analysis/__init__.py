"""Scores and compares how able the public sector is to innovate (the INNOCAP project)."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from innocap_analysis.codebook import read_codebook, read_instrument
from innocap_analysis.compare.cfa import fit_cfa
from innocap_analysis.compare.clusters import compare_cluster_pairs, estimate_cluster_means
from innocap_analysis.compare.coherence import (
    correlate_nodes,
    estimate_group_alpha,
    estimate_importance,
    leave_one_out,
)
from innocap_analysis.compare.describe import summarise
from innocap_analysis.compare.efa import fit_efa, run_parallel_analysis, test_sampling_adequacy
from innocap_analysis.compare.groups import compare_groups, compare_pairs
from innocap_analysis.compare.imputation import impute_multiple, pool_estimates
from innocap_analysis.compare.invariance import screen_dif, test_invariance
from innocap_analysis.compare.mixed import estimate_icc, fit_mixed_means
from innocap_analysis.compare.ordinal import compare_answers
from innocap_analysis.compare.polychoric import estimate_polychoric
from innocap_analysis.compare.pooling import pool_means
from innocap_analysis.compare.reference import compare_to_reference, rank_priorities
from innocap_analysis.compare.reliability import (
    bootstrap_alpha,
    describe_items,
    estimate_reliability,
)
from innocap_analysis.compare.shares import estimate_top_two, tabulate_answers
from innocap_analysis.prepare.answers import clean_answers, count_cleaning, mask_answers
from innocap_analysis.prepare.observations import read_observations
from innocap_analysis.prepare.survey.read import read_survey
from innocap_analysis.prepare.units import find_unit
from innocap_analysis.prepare.wave import load_wave
from innocap_analysis.present.disclosure import suppress_small_cells
from innocap_analysis.present.evidence import Evidence
from innocap_analysis.present.evidence_sentences import write_sentence
from innocap_analysis.present.figure import save_figure
from innocap_analysis.present.plot_answers import plot_answers, plot_options, plot_top_two
from innocap_analysis.present.plot_choices import plot_alternatives, plot_left_out
from innocap_analysis.present.plot_coherence import plot_importance
from innocap_analysis.present.plot_data import plot_coverage, plot_trends, plot_years
from innocap_analysis.present.plot_evidence import (
    plot_dif,
    plot_pairs,
    plot_pooled,
    plot_reliability,
)
from innocap_analysis.present.plot_gaps import plot_gaps, plot_heatmap
from innocap_analysis.present.plot_groups import plot_groups
from innocap_analysis.present.plot_method import plot_normalisation, plot_weights
from innocap_analysis.present.plot_nonresponse import plot_nonresponse
from innocap_analysis.present.plot_ranks import plot_priorities, plot_rank_shares, plot_ranking
from innocap_analysis.present.plot_regions import plot_regions
from innocap_analysis.present.plot_scores import plot_countries, plot_indicators, plot_profile
from innocap_analysis.present.plot_sobol import plot_sobol
from innocap_analysis.present.tables import make_table
from innocap_analysis.score.aggregate import aggregate
from innocap_analysis.score.alternatives import change_codebook, compare_alternatives
from innocap_analysis.score.capacity import load_capacity
from innocap_analysis.score.factors import (
    AggregationChoice,
    ImputationChoice,
    LeaveOneOut,
    MeasurementError,
    NormalisationChoice,
    TreatmentChoice,
    WeightNoise,
)
from innocap_analysis.score.index import rank_units, score_index
from innocap_analysis.score.normalise import ScoreWarning, normalise
from innocap_analysis.score.panel import score_panel, tabulate_changes
from innocap_analysis.score.robustness import (
    estimate_superiority,
    rank_interval,
    summarise_ranks,
)
from innocap_analysis.score.sensitivity import run_sensitivity
from innocap_analysis.score.sobol import estimate_sobol
from innocap_analysis.score.steps import denominate, impute, screen_units
from innocap_analysis.score.survey import (
    average_scores,
    estimate_response_rates,
    rake_weights,
    score_answers,
    turn_answers,
)
from innocap_analysis.score.treat import treat_outliers
from innocap_analysis.score.weights import compute_effective_weights, derive_weights
from innocap_analysis.settings import InnocapError, load_settings

if TYPE_CHECKING:
    from innocap_analysis.batch.run import run_notebooks

__version__ = version("innocap-analysis")

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
    "plot_alternatives",
    "plot_answers",
    "plot_countries",
    "plot_coverage",
    "plot_dif",
    "plot_gaps",
    "plot_groups",
    "plot_heatmap",
    "plot_importance",
    "plot_indicators",
    "plot_left_out",
    "plot_nonresponse",
    "plot_normalisation",
    "plot_options",
    "plot_pairs",
    "plot_pooled",
    "plot_priorities",
    "plot_profile",
    "plot_rank_shares",
    "plot_ranking",
    "plot_regions",
    "plot_reliability",
    "plot_sobol",
    "plot_top_two",
    "plot_trends",
    "plot_weights",
    "plot_years",
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
    "write_sentence",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Load the batch only when it is asked for: papermill takes a second to import."""
    if name == "run_notebooks":
        from innocap_analysis.batch.run import run_notebooks

        return run_notebooks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
