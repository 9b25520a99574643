"""What the standards ask: from readings to hours, days, periods, indicators and targets.

Pure: no input or output, no clock, no logging. Arrays and texts come in, values come out.
"""
