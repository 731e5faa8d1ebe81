# make demo    from flight events to a model that is served, watched and replaced, on this machine
# make test    everything CI runs
# make check   ruff, mypy, unit and stack tests
#
# Needs python3 (3.11 to 3.13) and make. Everything else is installed here, from hash-locked files:
# .venv (Python and Node), node_modules (the CDK CLI), and for `make test` .venv-spark (Glue 6.0's own PySpark),
# .venv-checkov (a scanner of templates) and .venv-toolkits (what runs in SageMaker's containers; it needs gcc).
# Tests of web pages and reports need Chromium, which `make setup` installs where it may: as root, by apt-get. `make bench`
# puts nginx before AWS's own server, as the container does, where nginx is installed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK := .venv-spark
CHECKOV := .venv-checkov
TOOLKITS := .venv-toolkits
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONDONTWRITEBYTECODE :=
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.DEFAULT_GOAL := help
.PHONY: help setup browser install demo deploy-local test test-changed check soak bench fmt lock clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: $(VENV)/.dev node_modules/.done $(SPARK)/.done $(CHECKOV)/.done $(TOOLKITS)/.images browser ## install everything `make test` needs

install: $(VENV)/.local node_modules/.done ## install what `cdk deploy` and `mlref` need

demo: $(VENV)/.local node_modules/.done ## the whole of it, from events to a retrained model, on this machine
	@$(BIN)/mlref demo

deploy-local: $(VENV)/.local node_modules/.done ## bootstrap, deploy, diff, update, destroy with the real CDK CLI, on this machine
	@$(BIN)/mlref deploy-local

test: setup ## everything: what CI runs
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/pytest -n 2 --dist loadgroup tests

check: $(VENV)/.dev node_modules/.done $(CHECKOV)/.done ## ruff, mypy, unit and stack tests
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/pytest -q -n 2 --dist loadgroup --hypothesis-profile quick --ignore tests/stacks/test_checkov.py --ignore tests/stacks/test_nag_packs.py tests/unit tests/stacks

test-changed: $(VENV)/.dev node_modules/.done $(CHECKOV)/.done ## unit and stack tests of what has changed since the last time
	@$(BIN)/pytest -q --testmon -n 0 --hypothesis-profile quick --ignore tests/stacks/test_checkov.py --ignore tests/stacks/test_nag_packs.py tests/unit tests/stacks

soak: setup ## an hour: signals at 30 moments of every long command, many settings, the payments' least privilege, functions as SageMaker jobs
	@MLREF_SOAK=1 $(BIN)/pytest -q -n 0 tests/integration/sagemaker_sdk tests/integration/test_fuzzed_settings.py tests/integration/test_stacks_deployed.py
	@MLREF_DATASET=payments $(BIN)/pytest -q -n 0 tests/e2e/test_iam.py
	@$(BIN)/mlref demo realtime_scoring --enforce && $(BIN)/mlref demo realtime_scoring --enforce --dataset flights
	@MLREF_MOMENTS=30 $(BIN)/pytest -q -s -n 0 tests/integration/processes/test_signals.py

bench: $(VENV)/.dev node_modules/.done ## what it costs, as ratios against named peers
	@$(BIN)/python -m benchmarks

fmt: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# --- environments: each is rebuilt only when its lock file changes -------------------------------------------

$(BIN)/uv: requirements/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11, 3.12 or 3.13, or name yours: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "This project needs Python 3.11, 3.12 or 3.13; " + sys.executable + " is %d.%d. Run: make PYTHON=python3.13" % v)'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python has no venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.local: requirements/local.txt pyproject.toml $(BIN)/uv
	@test -f $(VENV)/.dev && test $(VENV)/.dev -nt requirements/dev.txt || $(BIN)/uv pip install --python $(BIN)/python --require-hashes --build-constraint requirements/local.txt -r requirements/local.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml $(BIN)/uv
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes --build-constraint requirements/dev.txt -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.local

node_modules/.done: package.json package-lock.json | $(BIN)/uv
	@test -x $(BIN)/npm || $(MAKE) --no-print-directory $(VENV)/.local
	@echo "Installing the CDK CLI"
	@$(BIN)/npm ci --silent --no-audit --no-fund
	@touch $@

$(SPARK)/.done: requirements/spark.txt $(BIN)/uv
	@$(PYTHON) -m venv --without-pip $(SPARK)
	@$(BIN)/uv pip install --python $(SPARK)/bin/python --require-hashes -r requirements/spark.txt
	@touch $@

$(CHECKOV)/.done: requirements/checkov.txt $(BIN)/uv
	@$(PYTHON) -m venv --without-pip $(CHECKOV)
	@$(BIN)/uv pip install --python $(CHECKOV)/bin/python --require-hashes -r requirements/checkov.txt
	@touch $@

$(TOOLKITS)/.images: requirements/toolkits.txt $(BIN)/uv
	@command -v gcc >/dev/null || { echo "There is no gcc here, which AWS's toolkits are built with. On Debian and Ubuntu: apt-get install gcc python3-dev"; exit 1; }
	@$(PYTHON) -m venv --without-pip $(TOOLKITS)
	@$(BIN)/uv pip install --python $(TOOLKITS)/bin/python --require-hashes --no-deps --build-constraint requirements/toolkits.txt -r requirements/toolkits.txt
	@sed -i.orig 's/collections\.Mapping/collections.abc.Mapping/g' $(TOOLKITS)/lib/python*/site-packages/sagemaker_containers/_mapping.py # as the images' Dockerfiles do
	@touch $@

APT_INSTALL = DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300
browser: # for one test, which says how to install it where this may not
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || test "$$(id -u)" != 0 || { \
		echo "Installing Chromium"; \
		$(APT_INSTALL) chromium >/dev/null 2>&1 || { apt-get update -qq && $(APT_INSTALL) chromium >/dev/null; } || true; }

# --- locks: hashes, no index URLs; every lock is for Python 3.11 to 3.13 on any platform ---------------------

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(BIN)/uv ## resolve the lock files again
	@$(UV_COMPILE) requirements/uv.in -o requirements/uv.txt
	@$(UV_COMPILE) --extra local --extra dev --extra pipelines pyproject.toml -o requirements/dev.txt
	@$(UV_COMPILE) --extra local -c requirements/dev.txt pyproject.toml -o requirements/local.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/spark.in -o requirements/spark.txt
	@$(UV_COMPILE) requirements/checkov.in -o requirements/checkov.txt
	@$(UV_COMPILE) --override requirements/toolkits.in requirements/toolkits.in -o requirements/toolkits.txt
	@$(BIN)/npm install --package-lock-only --omit-lockfile-registry-resolved --silent

clean: ## remove everything the other targets made
	rm -rf $(VENV) $(SPARK) $(CHECKOV) $(TOOLKITS) node_modules cdk.out out build .localcloud *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* .testmondata*
