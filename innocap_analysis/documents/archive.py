"""Office files that are the same bytes from run to run."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

MADE = datetime(2000, 1, 1, tzinfo=UTC)  # of every document: the same content is the same file
_FIRST = (1980, 1, 1, 0, 0, 0)
_TIME = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def fix_archive(data: bytes) -> bytes:
    """Return an office file without the times at which it and the files inside it were written."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            if name.endswith(".xlsx"):  # the data of a chart
                content = fix_archive(content)
            if name == "docProps/core.xml":
                content = _TIME.sub(rb"\g<1>" + f"{MADE:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\2",
                                    content)  # fmt: skip
            info = zipfile.ZipInfo(name, _FIRST)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            after.writestr(info, content)
    return made.getvalue()
