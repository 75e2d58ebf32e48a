# `make run` and `make test` set everything up by themselves; `make help` lists the rest.
PYTHON ?= python3
# Both cores; tests that share a costly build stay together.
ARGS ?= -n 2 --dist loadgroup
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check format lock wheel screenshots bench clean

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \t\2/p' Makefile | expand -t 20

run: ## install, create the demonstration, serve it on this machine
	@$(PYTHON) scripts/bootstrap.py run
	@CRM_DEVELOPMENT=$${CRM_DEVELOPMENT:-1} exec $(BIN)/python -m crm serve --demo

test: ## install and run the tests; ARGS="-k word" chooses
	@$(PYTHON) scripts/bootstrap.py test
	@$(BIN)/python -m pytest $(ARGS)

check: ## what continuous integration runs
	@$(PYTHON) scripts/bootstrap.py test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python scripts/lint_templates.py
	$(BIN)/python -m pytest $(ARGS)

format: ## put the code in form
	@$(PYTHON) scripts/bootstrap.py test
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

lock: ## resolve the libraries anew, with hashes; LOCK=--upgrade takes newer ones
	@$(PYTHON) scripts/lock.py $(LOCK)

wheel: ## build a wheel into dist/
	@$(PYTHON) scripts/bootstrap.py run
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

screenshots: ## take the pictures of the documentation, in an installed Chromium or Chrome
	@$(PYTHON) scripts/bootstrap.py test
	@$(BIN)/python scripts/screenshots.py

bench: ## measure speed and size, with ten times the rows too, and write docs/reference/performance.md
	@$(PYTHON) scripts/bootstrap.py test
	@$(BIN)/python -m benchmarks --grow --write

clean: ## remove what was installed and built, keeping ./crm-data
	rm -rf .venv build dist node_modules static/vendor tests/vendor .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis
