"""What `fewlikert` offers; each name is loaded when it is first used."""

from .cfa import fit_cfa
from .clusters import compare_cluster_pairs, estimate_cluster_means
from .describe import summarise
from .efa import fit_efa, run_parallel_analysis, test_sampling_adequacy
from .errors import InputError
from .groups import compare_groups, compare_pairs
from .imputation import estimate_imputed_means, impute_multiple, pool_estimates
from .invariance import screen_dif, test_invariance
from .mixed import estimate_icc, fit_mixed_means
from .ordinal import compare_answers
from .polychoric import estimate_polychoric
from .pooling import pool_means
from .reliability import bootstrap_alpha, describe_items, estimate_reliability
from .weights import rake_weights

__version__: str

__all__ = [
    "InputError",
    "bootstrap_alpha",
    "compare_answers",
    "compare_cluster_pairs",
    "compare_groups",
    "compare_pairs",
    "describe_items",
    "estimate_cluster_means",
    "estimate_icc",
    "estimate_imputed_means",
    "estimate_polychoric",
    "estimate_reliability",
    "fit_cfa",
    "fit_efa",
    "fit_mixed_means",
    "impute_multiple",
    "pool_estimates",
    "pool_means",
    "rake_weights",
    "run_parallel_analysis",
    "screen_dif",
    "summarise",
    "test_invariance",
    "test_sampling_adequacy",
]
