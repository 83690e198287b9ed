"""A project packed into bytes, and unpacked where its runs are to be executed."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from innocap_analysis.archives import pack_files
from innocap_analysis.batch.fingerprint import LOCK_NAME, list_data
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.prose import list_pictures
from innocap_analysis.reads import walk_files
from innocap_analysis.settings import CONFIG_NAME, Settings, load_settings


def pack_project(settings: Settings) -> bytes:
    """Pack settings, data, templates, notebooks and their pictures: all that a run reads."""
    root = settings.root
    names = (CONFIG_NAME, LOCK_NAME, *map(str, settings.templates.values()))
    files = [path for name in names if (path := root / name).is_file()]
    own = list(walk_files(settings.notebooks_dir))
    shown = {
        picture
        for path in own
        if path.suffix == ".ipynb"
        for picture in list_pictures(read_notebook(path), settings.notebooks_dir)
        if picture.is_relative_to(root.resolve())
    }
    files += {*list_data(settings), *own, *(root / p.relative_to(root.resolve()) for p in shown)}
    return pack_files(
        {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(files)}
    )


def unpack_project(content: bytes, folder: Path) -> Settings:
    """Unpack a project, once for each content."""
    place = folder / hashlib.sha256(content).hexdigest()[:16]
    if not place.is_dir():
        temporary = Path(tempfile.mkdtemp(dir=folder))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(temporary)
        try:
            temporary.rename(place)
        except OSError:  # somebody else was quicker
            shutil.rmtree(temporary, ignore_errors=True)
    return load_settings(place)
