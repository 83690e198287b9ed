"""A Stata file that no survey tool has left its marks on: labels, letters for missing values."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(name="stata")
