# Two commands for a newcomer: `make compare` and `make test`. PYTHON picks the interpreter that makes .venv.
PYTHON ?= python3
BIN := .venv/bin
export MPLBACKEND := Agg

.PHONY: compare test lint accept clean

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "neurosim: expected Python >= 3.11, got " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	touch $@

.venv/run: .venv/made pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/test: .venv/made pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@ .venv/run

compare: .venv/run          ## the main job: five rules on the embedded digits; table, logs, report
	$(BIN)/neurosim run runs/configs/compare.toml --overwrite

test: .venv/test lint       ## everything that CI runs
	$(BIN)/python -m pytest -q

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

accept: .venv/test          ## the checks that take longer than 20 seconds; each prints JSON and fails loudly
	$(BIN)/python runs/accept/all.py

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
