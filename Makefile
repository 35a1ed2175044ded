# Two commands on a fresh machine: `make demo` and `make test`. Both need Python 3.11 or newer and pip, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := build/peers
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --constraint requirements.lock

.PHONY: demo test soak lint site bench compare clean

demo: $(VENV)/.base
	rm -rf runs/demo
	$(BIN)/factcheck verify claims/glaciers/claims.csv --corpus claims/glaciers/documents --run runs/demo
	$(BIN)/factcheck export runs/demo --to csv --out runs/demo.csv
	@echo "verdicts with their quotes: runs/demo.csv"

test: $(VENV)/.test
	$(BIN)/pytest --numprocesses 2 --dist loadfile

soak: $(VENV)/.test
	$(BIN)/python benchmarks/soak.py

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

site: $(VENV)/.test
	$(BIN)/python docs/reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/.test
	$(BIN)/pytest benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds --record

compare: $(VENV)/.bench $(PEERS)/.done
	$(BIN)/python benchmarks/compare.py --peers $(PEERS)/bin/python
	$(BIN)/python benchmarks/roofline.py
	$(BIN)/python benchmarks/end_to_end.py

clean:
	rm -rf $(VENV) runs build dist

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml requirements.lock
	$(PIP) torch
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(VENV)/.base examples/requirements.txt
	$(PIP) --editable '.[test]' --requirement examples/requirements.txt
	touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) --editable '.[test,bench]'
	touch $@

# Beside transformers 5, the ONNX backend of sentence-transformers does not install: an environment of its own.
$(PEERS)/.done: benchmarks/peers.lock
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip --disable-pip-version-check --quiet install --requirement $<
	touch $@
