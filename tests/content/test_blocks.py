"""What README and docs show is what their blocks print, and what pages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.content.blocks import (
    ROOT,
    agrees,
    copy_project,
    find_blocks,
    find_quotes,
    list_pages,
    run_blocks,
    say_page,
)

REMEDY = (
    "Read what changed. If it should be so, write the new output into the pages with: "
    "python -m tests.content.blocks"
)


@pytest.mark.parametrize("page", list_pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_shows_what_its_blocks_print(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INNOCAP_OUTPUT", raising=False)
    blocks = find_blocks(page.read_text(encoding="utf-8"))
    printed = run_blocks(blocks, project=copy_project(tmp_path)) if blocks else []
    for block, now in zip(blocks, printed, strict=True):
        if block.shown is not None:
            told = f"{page.name} shows\n{block.shown}\nbut this prints\n{now}\n\n{block.code}\n"
            assert agrees(block.shown, now), f"{told}{REMEDY}"
    for number, unit, function, lines in find_quotes(page.read_text(encoding="utf-8")):
        said = say_page(number, unit, function)
        for line in lines:
            told = f"{page.name} quotes page {number} of {unit}: {line}\nbut it says\n{said}\n"
            assert line in said, told + REMEDY
