# From a fresh machine: `make demo` or `make test`. Each does all the set-up it needs, once.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

# A part of the tests may be of one kind only.
NONE = $(if $(TESTS),|| [ $$? = 5 ])

.PHONY: demo test setup lint bench lock clean

demo: setup
	@sh docker/demo.sh $(BIN)/harness

test: setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not alone" $(TESTS) $(NONE)
	@$(BIN)/python -m pytest -m alone $(TESTS) $(NONE)

setup: $(VENV)/.ready
	@sh docker/engine.sh $(BIN)/python
	@$(BIN)/harness images build > /dev/null

lint: $(VENV)/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup
	@$(BIN)/python benchmarks/run.py

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "setup: $(PYTHON) is older than 3.11; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setup: making the virtual environment" >&2
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "setup: venv is missing; apt-get install python3-venv" >&2; exit 1; }
	@echo "setup: installing locked packages" >&2
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# The lock carries hashes and no hosts: it works with whatever index pip is set to use.
lock:
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 --group dev --extra frames --extra openai --extra postgres pyproject.toml -o requirements.lock

clean:
	@$(BIN)/harness clean
