"""Results of a laboratory: tables of grab samples of sections, to readings and refusals.

    long   station, time, quantity, value, unit (may be left out): a row a result
    wide   station, time, then a column a quantity: a row a sample

Pure: what holds the table (CSV, a workbook) is told in `ingestor.lab`.
"""

from sensors.lab.cells import Cell
from sensors.lab.layout import FORMS, Form, Layout, layout
from sensors.lab.rows import GRAB_S, CellRefusal, Outcome, Results, Row

__all__ = ["FORMS", "GRAB_S", "Cell", "CellRefusal", "Form", "Layout", "Outcome", "Results", "Row", "layout"]
