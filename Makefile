# `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test studio bench lint docs wheel setup

demo: $(READY)
	$(BIN)/tfnst demo -o demo

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Needs npm, for LiteRT.js, which runs the network in the browser.
studio: $(READY) web/node_modules
	$(BIN)/tfnst studio

web/node_modules: web/package-lock.json
	npm ci --prefix web --no-audit --no-fund
	touch $@

bench: $(READY)
	$(BIN)/python -m benchmarks

lint: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

# A site in build/site; every warning is an error.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# One file in dist/, which `pip install` takes on any machine, Colab's too.
wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,docs]'
	touch $@
