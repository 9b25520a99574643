"""Grafana as code: boards as functions, written as classic dashboard JSON by `python -m grafana.build`."""
