"""Named alternatives to the default index, for the reader to judge."""

from __future__ import annotations

from innocap_analysis.codebook import Codebook
from innocap_analysis.present.labels import make_labels
from innocap_analysis.score.alternatives import change_codebook
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.settings import InnocapError


def list_alternatives(
    capacity: CapacityData, *, leave_out: str, language: str
) -> dict[str, Codebook]:
    """List defensible indexes that differ from the default in one choice.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    leave_out : str
        Indicator to show the index without.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the names.

    Returns
    -------
    dict of str to Codebook
        The index as it is first; then a geometric mean of the dimensions, equal weights of
        all indicators, the index without `leave_out`, and without each dimension.

    Raises
    ------
    InnocapError
        `leave_out` is no scored indicator.
    """
    book = capacity.codebook
    if leave_out not in book.leaves:
        raise InnocapError(f"leave_out: {leave_out!r} is no scored indicator of {book.name}")
    labels = make_labels(capacity, language)
    sizes = {d: float(len(book.leaves_of(d))) for d in capacity.dimensions}
    found = {
        labels.say("The index as reported"): book,
        labels.say("Geometric mean of the dimensions"): change_codebook(
            book, aggregate={capacity.root: "geometric"}
        ),
        labels.say("All indicators weigh the same"): change_codebook(book, weights=sizes),
        labels.say("Without {code}", code=labels.code(leave_out)): change_codebook(
            book, drop=[leave_out]
        ),
    }
    for dimension in capacity.dimensions:
        name = labels.say("Without {code}", code=labels.code(dimension))
        found[name] = change_codebook(book, drop=[dimension])
    return found
