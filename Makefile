# Every target works on a machine that has Python 3.11+, make and the package registries.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.locked

.DEFAULT_GOAL := help
.PHONY: help env spark run test lint types unit nbval notebooks lab lock docs clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

env: $(STAMP) ## make .venv from the lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q cdr_helpers
	@touch $(STAMP)

spark: env ## add Apache Spark to .venv, for jobs that need it (Java 17 is needed too)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements-spark.lock

run: env ## execute the whole workbook on the local AWS
	@$(BIN)/cdr run

test: lint types unit ## every check: lint, types, tests, nbval

lint: env
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: env
	@$(BIN)/mypy

unit: env
	@$(BIN)/python -m pytest

notebooks: env ## execute the workbook again and save the committed outputs
	@$(BIN)/python -m cdr_helpers.runner

docs: env ## write the parts of the documentation that come from code
	@$(BIN)/python docs/generate.py

lab: env ## open JupyterLab on the first notebook
	@$(BIN)/jupyter lab notebooks/00_start_here.ipynb

lock: env ## resolve every version again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --group dev \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	@$(BIN)/python -c 'import pathlib, tomllib; print(*tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]["optional-dependencies"]["spark"], sep="\n")' \
		| $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --output-file requirements-spark.lock -

clean: ## remove what the targets above made
	rm -rf .venv .cdr-local runs build *.egg-info
