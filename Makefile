# Two commands for a newcomer: `make compare` and `make test`. They need python3 (>= 3.11, with venv) and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export MPLBACKEND := Agg

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help compare test lint accept bench gpu peers clean

help:                       ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile
	@echo 'A new .venv is made with $(PYTHON); another interpreter: make compare PYTHON=python3.12'

compare: .venv/run          ## the main job: six rules on the embedded digits; table, logs, report
	$(BIN)/neurosim run runs/configs/compare.toml --overwrite

test: .venv/test lint       ## everything that CI runs
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/test            ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

accept: .venv/test          ## the checks that take longer than 20 seconds; each prints JSON and fails loudly
	$(BIN)/python runs/accept/all.py

bench: .venv/run            ## how fast it is, against its bounds; writes runs/bench/results/<processor>.json
	$(BIN)/python runs/bench/all.py

peers: .venv/run .venv-peers/made .venv-bindsnet/made  ## the same networks on NEST, Brian2 and BindsNET, in turns
	$(BIN)/python runs/bench/peers.py
	$(BIN)/python runs/bench/diehl_cook.py

gpu:                        ## equal spikes and benchmarks on a GPU; uses $(PYTHON) as it is and installs nothing
	$(PYTHON) runs/gpu.py

clean:                      ## remove .venv and everything built
	rm -rf .venv .venv-peers .venv-bindsnet build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# .venv/made holds the folder that .venv was made in. A .venv without it is half made, one with another folder was
# moved (its scripts name the old place), one whose python is gone lost its interpreter: each is made again.
ifneq "$(shell test -x $(BIN)/python && cat .venv/made 2>/dev/null)" "$(CURDIR)"
.venv/made: repair
.PHONY: repair
repair:
endif

.venv/made:
	@$(PYTHON) -c '' 2>/dev/null || { echo 'neurosim: expected a Python interpreter, got none called "$(PYTHON)"; install Python >= 3.11 or say: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "neurosim: expected Python >= 3.11, got " + sys.version.split()[0] + "; say: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'neurosim: expected Python with venv, got none; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@{ test ! -s $@ && $(PYTHON) -m venv .venv && $(BIN)/python -m pip --version; } >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@printf '%s' '$(CURDIR)' >$@

.venv/run: .venv/made pyproject.toml setup.py
	@echo 'installing neurosim and its libraries into .venv'
	@$(PIP) -e .
	@touch $@

.venv-peers/made: runs/bench/peers.txt
	@echo 'installing NEST and Brian2 into .venv-peers'
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@

.venv-bindsnet/made: runs/bench/peers_bindsnet.txt
	@echo 'installing BindsNET and its torch, which brings CUDA along (6 GB), into .venv-bindsnet'
	@$(PYTHON) -m venv --clear .venv-bindsnet
	@.venv-bindsnet/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@

.venv/test: .venv/made pyproject.toml setup.py
	@echo 'installing neurosim, its libraries and the test tools into .venv'
	@$(PIP) -e '.[test]'
	@touch $@ .venv/run
