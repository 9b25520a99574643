"""Bulletins: a month of a plan's city as a page, a workbook and the text of a notice.

`gathering.gather` brings what stands in it (`contents`) from the store; `page`, `workbook` and `text` write it.
"""
