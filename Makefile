# qingjing: `make demo` shows the whole path, `make test` checks everything. Both need only python3 (3.11 or later),
# git and make; each makes its own virtual environment from pinned versions.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all:
DATA ?= ../shared/data

.PHONY: help demo test lint docs faults fuzz bench lock clean
help:
	@echo "make demo   a simulated year through MQTT to the verdict on a plan (needs python3, git, make)"
	@echo "make test   lint, types, and all tests against real servers (as root it installs Mosquitto and InfluxDB)"
	@echo "make faults 225 rounds of faults on real servers (180, and 45 with MQTT 5); make fuzz: a million broken payloads"
	@echo "make bench  the benchmarks, each with what it measured: a year of 1,800 stations beside pandas, demo, ingest, Dask, board"
	@echo "make docs   docs/indicators.md from the table of indicators"
	@echo "make lock   pin the versions anew; make clean removes what was made"

demo: $(VENV)/run.done
	@$(BIN)/qingjing demo

test: $(VENV)/dev.done servers lint
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/run.done
	$(BIN)/python -m ingestor.indicator_docs config > indicators.tmp && mv indicators.tmp docs/indicators.md

.PHONY: servers
servers:
	@tools/install-servers mosquitto mosquitto-clients influxdb openssl chromium fonts-noto-cjk

faults: $(VENV)/dev.done servers
	QINGJING_ALL_KILLS=1 QINGJING_FAULT_ROUNDS=$${QINGJING_FAULT_ROUNDS:-180} \
	    $(BIN)/pytest -s --timeout=3600 tests/integration/faults tests/e2e/test_demo.py

fuzz: $(VENV)/dev.done
	QINGJING_FUZZ_CASES=$${QINGJING_FUZZ_CASES:-1000000} QINGJING_FUZZ_SEED=$${QINGJING_FUZZ_SEED:-$$(date +%j)} \
	    $(BIN)/pytest -s --timeout=3600 tests/property/test_fuzz_decoding.py tests/property/test_fuzz_dialects.py

bench: $(VENV)/dev.done servers
	@for each in demo replay_beijing import_beijing noise_year water_year derive_year \
	    "derive_year --store influxdb --stations 40 --years 2" ingest_influxdb air_year cluster_year bulletin_month \
	    outlook_backtest outlook_noise_backtest today_backtest decode_dialects board_api "board_updates 150" \
	    "hj212_gateway --minutes 1"; do \
	    set -- $$each; name=$$1; shift; $(BIN)/python tests/benchmarks/$$name.py "$$@" || exit 1; done

$(VENV)/run.done: requirements/run.txt pyproject.toml tools/make-venv
	@tools/make-venv $(PYTHON) $(VENV)
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev.done: requirements/dev.txt $(VENV)/run.done
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

lock: $(VENV)/dev.done
	$(PIP) uv
	$(BIN)/uv pip compile -q pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/run.txt
	$(BIN)/uv pip compile -q pyproject.toml --extra cluster --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header -o requirements/dev.txt

clean:
	rm -rf $(VENV) demo-data dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .import_linter_cache
