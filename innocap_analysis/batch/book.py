"""The notebooks of a project: what each declares, and what a batch gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from innocap_analysis.batch.naming import make_tag, mark_wave, name_choices
from innocap_analysis.batch.outcome import Run, Value
from innocap_analysis.batch.parameters import Parameter, check_values, read_parameters
from innocap_analysis.batch.record import read_record
from innocap_analysis.batch.rows import Faults
from innocap_analysis.documents.brief import FORMATS
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.settings import CONFIG_NAME, Settings
from innocap_analysis.survey.wave import find_before, find_wave

BY_PLAN = ("region", "place", "language", "index", "formats")  # by options of a plan
# What is of one index only; of another it is what its pages take by themselves.
_OF_INDEX = ("reference", "example", "region", "leave_out")


class Book:
    """The notebooks of the project: what each declares, and what a batch gives it."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings, self.faults = settings, faults
        self._declared: dict[str, list[Parameter]] = {}
        self._standards: dict[str, dict[str, Value]] = {}
        self.known = sorted(path.stem for path in settings.notebooks_dir.glob("*.ipynb"))

    def path(self, name: str) -> Path:
        """Return the file of a notebook."""
        return self.settings.notebooks_dir / f"{name}.ipynb"

    def runs_once(self, name: str) -> bool:
        """Whether a notebook is for all countries together."""
        plan = self.settings.batch
        if name in (*plan.region, *plan.place, *plan.documents):
            return False
        about = {"region", "place"}
        return name in plan.comparison or all(p.name not in about for p in self.declare(name))

    def is_for_places(self, name: str) -> bool:
        """Whether a notebook is about a municipality, district or region."""
        return name in self.settings.batch.place

    def is_document(self, name: str) -> bool:
        """Whether a notebook writes documents, which are made when they are asked for."""
        return name in self.settings.batch.documents

    def declare(self, name: str) -> list[Parameter]:
        """Return the parameters of a notebook."""
        if name not in self._declared:
            self._declared[name] = read_parameters(self.path(name))
        return self._declared[name]

    def standards(self, name: str) -> dict[str, Value]:
        """Return what a batch gives every parameter that nobody sets."""
        if name not in self._standards:
            values: dict[str, Value] = {}
            frozen = self.settings.batch.defaults.get(name, {})
            other = self.settings.index
            for parameter in self.declare(name):
                if other and parameter.name in _OF_INDEX:
                    values[parameter.name] = None
                    continue
                if parameter.name == "index":
                    values["index"] = other or None
                    continue
                values[parameter.name] = parameter.default
                if parameter.name in frozen:
                    place = self.settings.locate("batch", "defaults", name, parameter.name)
                    values[parameter.name] = self.check(
                        name, {parameter.name: frozen[parameter.name]}, place
                    ).get(parameter.name)
                elif parameter.name == "wave":
                    values["wave"] = find_wave(self.settings)
            given = {"language", "index"} if self.runs_once(name) else {*BY_PLAN}
            unknown = set(frozen) - {p.name for p in self.declare(name)}
            for key in sorted(unknown | (set(frozen) & given)):
                place = self.settings.locate("batch", "defaults", name, key)
                self.faults.add(place, "the notebook takes no such default; remove it")
            self._standards[name] = values
        return self._standards[name]

    def check(self, name: str, given: Mapping[str, object], place: str) -> dict[str, Value]:
        """Return values in their types; a fault is kept with its place."""
        try:
            return check_values(self.path(name), self.declare(name), given, self.settings)
        except InnocapError as error:
            if not place:
                raise
            self.faults.add(place, error)
            return {}

    def find(self, name: str, known: Sequence[str]) -> str:
        """Return a notebook by its name, number or beginning."""
        plain = name.removesuffix(".ipynb")
        fits = [plain] if plain in known else [k for k in known if plain and k.startswith(plain)]
        if len(fits) != 1:
            what = "fits several" if fits else "is unknown"
            raise InnocapError(
                f"notebook {name!r} {what}{suggest(plain, list(known))}; "
                f"there are: {', '.join(sorted(known))}"
            )
        return fits[0]


def check_sets(book: Book) -> None:
    """Check the sets and defaults of the plan, those that no row uses too."""
    settings = book.settings
    for name in settings.batch.defaults:
        if name not in book.known:
            place = settings.locate("batch", "defaults", name)
            book.faults.add(place, f"there is no notebooks/{name}.ipynb{suggest(name, book.known)}")
        else:
            book.standards(name)
    everything = sorted({p.name for name in book.known for p in book.declare(name)})
    for name, given in settings.batch.sets.items():
        for key, value in given.items():
            place = settings.locate("batch", "sets", name, key)
            if key in BY_PLAN:
                book.faults.add(place, "is no parameter of a set; rows have units and languages")
            elif key not in everything:
                book.faults.add(
                    place, f"no notebook has such a parameter{suggest(key, everything)}"
                )
            else:
                for notebook in book.known:
                    if any(p.name == key for p in book.declare(notebook)):
                        book.check(notebook, {key: value}, place)


def set_values(
    name: str, variant: str, given: Mapping[str, object], places: Mapping[str, str], book: Book
) -> tuple[dict[str, Value], str, dict[str, Value]]:
    """Return every value of a notebook, the tag of its files, and what is not standard."""
    declared = {parameter.name for parameter in book.declare(name)} - {*BY_PLAN}
    standard = book.standards(name)
    own: dict[str, Value] = {}
    for key, value in given.items():
        if key in declared:
            own |= book.check(name, {key: value}, places.get(key, ""))
    values = standard | own
    choices = {k: v for k, v in own.items() if v != standard[k] and k != "wave"}
    mark = mark_wave(str(values["wave"]), book.settings) if "wave" in values else ""
    tag = make_tag(mark, book.settings.index, (variant or name_choices(choices)) if choices else "")
    return values, tag, choices


def find_formats(run: Run, settings: Settings) -> list[str]:
    """Return the formats in which a document stands; none where it does not."""
    made = read_record(settings.output_dir / run.place).get("parameters", {})
    return [name for name in FORMATS if name in made.get("formats", [])]


def find_overruled(settings: Settings, plan: Sequence[Run] = ()) -> list[str]:
    """Name the parameters whose cell says other than what a batch gives."""
    found = []
    book = Book(settings, Faults())
    names = dict.fromkeys(run.notebook.stem for run in plan) or settings.batch.defaults
    for name in names:
        for parameter in book.declare(name):
            standard = book.standards(name).get(parameter.name)
            frozen = parameter.name in settings.batch.defaults.get(name, {})
            if frozen and standard != parameter.default:
                place = settings.locate("batch", "defaults", name, parameter.name)
                found.append(
                    f"{name}: the parameters cell says {parameter.name} = {parameter.default!r}, "
                    f"the batch gives {standard!r} ({place}); mend one of the two"
                )
    return found


def find_changed(settings: Settings, plan: Sequence[Run]) -> list[str]:
    """Name the parameters that no plan freezes and that were others in the last report."""
    found: dict[str, None] = {}
    # One report of each notebook is enough: all of them are given the same.
    for run in {(run.notebook, run.tag): run for run in reversed(plan)}.values():
        name = run.notebook.stem
        frozen = {*settings.batch.defaults.get(name, {}), *run.choices, *BY_PLAN, "wave"}
        if set(run.parameters) <= frozen:
            continue
        before = read_record(settings.output_dir / run.place).get("parameters", {})
        for key in set(run.parameters) & set(before) - frozen:
            if before[key] != run.parameters[key]:
                found[
                    f"{name}: its cell says {key} = {run.parameters[key]!r}, the last report was "
                    f"made with {before[key]!r}; to hold a value, write it in {CONFIG_NAME} under "
                    "batch: defaults:"
                ] = None
    return list(found)


def tell_led(settings: Settings, plan: Sequence[Run], asked: Sequence[str] | None) -> list[str]:
    """Say where a notebook about countries was asked for a region, and which one is made."""
    led = {run.folder: run.notebook.stem for run in plan if "place" in run.parameters}
    if not asked or not led or any(name.split("_")[0] in _numbers(led) for name in asked):
        return []
    return [
        f"{', '.join(asked)}: is about countries; of {', '.join(led)} the page is "
        f"{', '.join(dict.fromkeys(led.values()))}"
    ]


def _numbers(led: Mapping[str, str]) -> set[str]:
    return {part for name in led.values() for part in (name, name.split("_")[0])}


def list_waves(plan: Sequence[Run], settings: Settings) -> list[str]:
    """List the waves of people's answers that the pages of a plan tell of."""
    told: list[object] = []
    at_hand = find_wave(settings)  # pages of places take it without being told
    for own in (run.parameters for run in plan):
        wave = own.get("wave", at_hand if "place" in own else "")
        before = (own["before"] or find_before(settings, str(wave))) if "before" in own else ""
        told += [wave, before]
    return [str(name) for name in dict.fromkeys(told) if name not in ("", "synthetic")]


def tell_waves(plan: Sequence[Run]) -> list[str]:
    """Say whose answers a batch shows, where there is a choice."""
    waves = {str(run.parameters["wave"]) for run in plan if "wave" in run.parameters}
    if waves != {"imported"}:
        return []
    return ["The survey pages show the imported answers; the made-up ones: --set wave=synthetic"]
