"""What is measured: quantities, stations, readings, flags and the decoders of what gateways send.

Pure: no input or output, no clock, no logging. Text and bytes come in, values come out.
"""
