"""The report of a study: text for the terminal, one HTML page, and figures for notebooks."""

from neurosim.report.page import build
from neurosim.report.records import Record, read
from neurosim.report.table import markdown, render

__all__ = ["Record", "build", "markdown", "read", "render"]
