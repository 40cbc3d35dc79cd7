# make demo and make test need nothing but Python 3.11 or later (with venv) and make: each sets up .venv by itself,
# from pinned and hashed requirements, the first time and whenever these change.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS := --numprocesses auto --maxprocesses 4

.DEFAULT_GOAL := help
.PHONY: help demo test check pins clean

help:
	@echo 'make demo    a story in the terminal: alerts come in, and what each group is told'
	@echo 'make test    the whole test suite (ARGS="tests/_store -k lock" for a part of it)'
	@echo 'make check   format, lint, types and the import contract'
	@echo 'make pins    renew requirements/*.txt from pyproject.toml'
	@echo 'make clean   remove .venv and all caches'

demo: $(VENV)/.run
	@$(BIN)/tocsin demo $(ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

$(VENV)/.made:
	@for each in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$each"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo 'Tocsin needs Python 3.11 or later and found none. Install it, or say where it is: make PYTHON=/path/to/python3 …' >&2; \
	    exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$found: once, and about a minute."; \
	"$$found" -m venv $(VENV) || { \
	    echo "$$found has no venv (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; \
	}
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml $(VENV)/.made
	@$(PIP) --require-hashes --requirement requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml $(VENV)/.made
	@$(PIP) --require-hashes --requirement requirements/test.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.run $@

COMPILE = $(VENV)/pins/bin/uv pip compile pyproject.toml requirements/build.in --extra embedded --quiet --upgrade \
    --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

pins: $(VENV)/.made
	$(BIN)/python -m venv $(VENV)/pins
	$(VENV)/pins/bin/python -m pip install --quiet uv
	$(COMPILE) --extra dev --output-file requirements/test.txt
	$(COMPILE) --constraint requirements/test.txt --output-file requirements/run.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
