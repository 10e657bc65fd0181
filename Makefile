# make run    sets up what is needed and runs the main job on the bundled demo gold
# make test   sets up what is needed and runs the whole test suite
# make help   lists the rest

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SDV := build/sdv
DESIGNER := build/designer
SERVICES := build/services
TESTING := hypothesis psutil pytest pytest-xdist
SDV_METHODS ?= copula
GOLD ?= equity
RESOLVE = $(BIN)/python -m uv pip compile --quiet --python-version 3.11 --no-emit-index-url \
  --no-header pyproject.toml > /dev/null

.PHONY: run test test-designer resolve lint format types imports docs docs-site notebooks cassettes \
  lock bench bench-sdv clean help

run: $(VENV)/.ready  ## set up and run the main job
	$(BIN)/python -m tradegen run --n 10000

test: $(VENV)/.ready-dev  ## set up and run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-designer: $(DESIGNER)/.ready $(SERVICES)/.ready  ## run the tests that need NeMo Data Designer
	$(DESIGNER)/bin/python -m pytest tests/designer tests/engines/designer tests/remote
	$(SERVICES)/bin/python -m pytest tests/designer/test_microservices.py

resolve: $(VENV)/.ready-dev  ## check that a fresh Python 3.11 can install tradegen, also [designer]
	$(PIP) uv
	$(RESOLVE)
	$(RESOLVE) --extra designer

lint: $(VENV)/.ready-dev  ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev  ## check types
	$(BIN)/mypy

imports: $(VENV)/.ready-dev  ## check that imports point one way
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.ready-dev  ## write the generated pages anew
	$(BIN)/python docs/generate.py

docs-site: build/notebooks/.done  ## make the documentation a site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

notebooks: $(VENV)/.ready-dev  ## run the notebooks, into build/notebooks
	$(BIN)/python docs/run_notebooks.py

cassettes: $(VENV)/.ready-dev  ## record the NIM engine's HTTP anew (see docs/nim.md)
	$(BIN)/python -m tests.engines.nim.record

bench: $(VENV)/.ready-dev  ## run the benchmarks
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.embedded
	$(BIN)/python -m benchmarks.indicators
	$(BIN)/python -m benchmarks.backtest
	$(BIN)/python -m benchmarks.nim

bench-sdv: $(VENV)/.ready-dev $(SDV)/.ready  ## compare SDV's synthesisers (GOLD=equity or crypto)
	$(BIN)/python -m benchmarks.flat_rows flatten --gold $(GOLD) --folder $(SDV)-$(GOLD)
	$(SDV)/bin/python benchmarks/sdv_rows.py $(SDV)-$(GOLD) --methods $(SDV_METHODS)
	$(BIN)/python -m benchmarks.flat_rows restore --gold $(GOLD) --folder $(SDV)-$(GOLD)
	$(BIN)/python -m benchmarks.quality --quick --gold $(GOLD) --methods half holdout embedded \
	  --rows $(foreach name,$(SDV_METHODS),sdv-$(name)=$(SDV)-$(GOLD)/sdv-$(name).parquet)

lock: $(VENV)/.ready-dev  ## pin the newest versions that pyproject.toml allows
	$(BIN)/python -m pip --disable-pip-version-check install --quiet uv
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-strip-extras --upgrade pyproject.toml --group build \
	  --output-file requirements.lock
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-strip-extras --upgrade --constraint requirements.lock \
	  pyproject.toml --group build --group dev --output-file requirements-dev.lock
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-strip-extras --upgrade --constraint requirements.lock \
	  pyproject.toml --group build --extra alerts --extra otel \
	  --output-file deploy/docker/requirements.lock

clean:  ## remove the virtual environments
	rm -rf $(VENV) $(SDV) $(DESIGNER) $(SERVICES)

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

# The stamps say that the virtual environment holds what the lock file says.
$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.ready

# The site shows what the notebooks gave; they are run again when they have changed.
build/notebooks/.done: $(wildcard notebooks/*.ipynb) | $(VENV)/.ready-dev
	$(BIN)/python docs/run_notebooks.py
	@touch $@

# SDV needs an older pandas than tradegen, so it lives apart and is pinned nowhere.
$(SDV)/.ready: | $(BIN)/python
	$(BIN)/python -m venv $(SDV)
	$(SDV)/bin/python -m pip --disable-pip-version-check install --quiet 'sdv>=2,<3' pyarrow
	@touch $@

# data-designer needs older versions than the lock files name, and the extra of nemo-microservices
# cannot stand beside it: what a user of today gets is tested apart, and pinned nowhere.
$(DESIGNER)/.ready: pyproject.toml | $(BIN)/python
	$(PIP) uv
	$(BIN)/python -m venv --clear $(DESIGNER)
	$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(DESIGNER)/bin/python \
	  --editable '.[designer]' $(TESTING)
	@touch $@

$(SERVICES)/.ready: pyproject.toml | $(BIN)/python
	$(PIP) uv
	$(BIN)/python -m venv --clear $(SERVICES)
	$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(SERVICES)/bin/python \
	  --editable . 'nemo-microservices[data-designer]>=1.5' $(TESTING)
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tradegen needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no venv: on Debian, apt install python3-venv"; exit 1; }
