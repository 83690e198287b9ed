"""Office files that are the same bytes from run to run."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

from innocap_analysis.archives import pack_files

MADE = datetime(2000, 1, 1)  # of every document: the same content is the same file
_TIME = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def fix_archive(data: bytes) -> bytes:
    """Return an office file without the times at which it and the files inside it were written."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: _fix_file(name, archive.read(name)) for name in archive.namelist()}
    return pack_files(files)


def _fix_file(name: str, content: bytes) -> bytes:
    if name.endswith(".xlsx"):  # the data of a chart
        return fix_archive(content)
    if name == "docProps/core.xml":
        return _TIME.sub(rb"\g<1>" + f"{MADE:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\2", content)
    return content
