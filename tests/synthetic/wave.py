"""The made-up wave that ships: four countries, four tools' exports, four languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.data.datapackage import SURVEY_FOLDER
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import read_instrument
from tests.synthetic.exports import WRITERS, Writer
from tests.synthetic.people import MARK, SEED, make_respondents

# Which tool exports a country's answers, and in which language; None: in each one's own.
FILES: dict[str, tuple[str, str | None]] = {
    "SE": ("limesurvey", "sv"),
    "FI": ("eusurvey", None),
    "IE": ("msforms", "en"),
    "CA": ("qualtrics", None),
}


def make_wave(settings: Settings, *, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Make up the respondents of every country, with what goes wrong in a real wave.

    Parameters
    ----------
    settings : Settings
        The project.
    seed : int
        The same seed gives the same wave.

    Returns
    -------
    dict of str to DataFrame
        Respondents by country: in Canada two previews, in Finland one response that was
        handed in twice.
    """
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    people = {country: make_respondents(instrument, country, seed=seed) for country in FILES}
    people["CA"].loc[[3, 40], "status"] = "preview"
    again = people["FI"].iloc[[7]]
    people["FI"] = pd.concat([people["FI"], again], ignore_index=True)
    first = people["CA"]["language"].to_numpy() == "fr"
    order = np.argsort(~first, kind="stable")  # so that the headers are French
    people["CA"] = people["CA"].iloc[order].reset_index(drop=True)
    return people


def write_wave(settings: Settings, folder: Path | None = None) -> list[Path]:
    """Write the made-up wave as the exports of four tools.

    Parameters
    ----------
    settings : Settings
        The project.
    folder : Path, optional
        Default: ``data/raw/survey``.

    Returns
    -------
    list of Path
        The files, marked SYNTHETIC in their names and in a column.
    """
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    place = folder or settings.raw_dir / SURVEY_FOLDER
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for country, people in make_wave(settings).items():
        tool, language = FILES[country]
        write, ending = WRITERS[tool]
        path = place / f"{MARK}_{country}_{tool}{ending}"
        write(Writer(people, instrument, settings, language), path)
        written.append(path)
    return written
