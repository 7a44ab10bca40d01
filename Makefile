# Countersign: what there is to run. `make run` needs Python 3.11 or later and make, nothing else.

VENV ?= .venv
JOBS ?= 2
ROUNDS ?= 200
PY = $(VENV)/bin/python
export PYTHON HOST PORT ROUNDS

RUNTIME = $(VENV)/.runtime
TOOLS = $(VENV)/.tools

.DEFAULT_GOAL := help
.PHONY: help run test test-full bench trace check lint types deploy-check architecture format screenshots

help:
	@echo "make run        the portal on http://127.0.0.1:8000/, with demo data (HOST, PORT)"
	@echo "make test       every test: on PostgreSQL, then what is marked sqlite on SQLite (JOBS, CHROMIUM)"
	@echo "make test-full  the same with every race five times as often: 1,000 rounds of A-001 and A-004 (ROUNDS)"
	@echo "make check      lint, formatting, types, migrations, production settings, architecture"
	@echo "make bench      the benchmark; writes var/bench.json"
	@echo "make screenshots  the pictures of README and user guide anew, from the demo (CHROMIUM)"
	@echo "make trace      requirements against the tests that name them"

# A stamp for each requirements file: pip is asked only when the file has changed.
$(RUNTIME): requirements.txt tools/venv.sh
	@tools/venv.sh $(VENV) requirements.txt
	@touch $@

$(TOOLS): requirements-test.txt $(RUNTIME)
	@tools/venv.sh $(VENV) requirements-test.txt
	@touch $@

run: $(RUNTIME)
	@exec $(PY) manage.py serve --prepare

test: $(TOOLS)
	@$(PY) -m tests.browser.chromium
	@status=0; \
	$(PY) -m pytest -n $(JOBS) || status=$$?; \
	echo; echo "What is marked sqlite, on SQLite:"; \
	TEST_ENGINE=sqlite $(PY) -m pytest -n $(JOBS) -m "sqlite or sqlite_only" || status=$$?; \
	exit $$status

test-full: ROUNDS = 1000
test-full: test

bench: $(TOOLS)
	@$(PY) -m bench

screenshots: $(TOOLS)
	@$(PY) -m tools.screenshots

trace:
	@$(firstword $(wildcard $(PY)) python3) -m tools.trace

check: lint types deploy-check architecture
	@echo "All checks passed."

lint: $(TOOLS)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@if [ -n "$$(find templates -name '*.html' 2>/dev/null | head -1)" ]; then \
		echo "$(PY) -m djlint --lint --check templates"; \
		$(PY) -m djlint --lint --check --quiet templates; \
	fi

types: $(TOOLS)
	$(PY) -m tools.production_environment --embedded $(PY) -m mypy

deploy-check: $(TOOLS)
	$(PY) -m tools.production_environment --embedded $(PY) manage.py makemigrations --check --dry-run
	$(PY) -m tools.production_environment $(PY) manage.py check --deploy --fail-level WARNING

architecture: $(TOOLS)
	$(PY) -m pytest -q --noconftest -p no:django -p no:cacheprovider tests/test_architecture.py

format: $(TOOLS)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
