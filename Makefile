# Every target makes .venv by itself, with uv where it is on PATH and pip otherwise.
#   make run ARGS="--http 127.0.0.1:9000"    more arguments for the command behind a target
#   make run PYTHON=python3.12               the Python that .venv is made with

BIN := .venv/bin
ARGS ?=
# Two more than there are cores: some tests wait for seconds for what others do.
PYTEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
CHECK_JOBS ?= 2
CHECKS := check-types check-alone check-style check-imports check-pages check-frontend

# Containers often set it, and then each start of a program compiles anew what no installer compiled: this checkout.
unexport PYTHONDONTWRITEBYTECODE

# The commands behind the targets that start something; nowhere else.
UP := $(BIN)/gobs up
AGENT := $(BIN)/gobs simulate --own --with-server
AGENTS := $(BIN)/gobs simulate --nodes 7 --with-server

MEMBERS := gobs_core collectors sinks notifiers proto server
PYPROJECTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
HOOKS := proto/hatch_build.py server/hatch_build.py
PROTO := proto/gobs_proto/gobs_pb2.py
FRONTEND := server/gobs_server/static/dist/app.js
FRONTEND_SOURCES := $(wildcard server/frontend/*.json server/frontend/*.mjs) $(shell find server/frontend/src -type f)
BUILD_WITH := $(if $(shell command -v uv 2>/dev/null),--installer uv)
RUN := .venv/run.stamp
DEV := .venv/dev.stamp

.DEFAULT_GOAL := help
.PHONY: help run agent agents stop test soak check golden docs screenshots bench proto build clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) $(PROTO) $(FRONTEND) ## See this machine live: server and agent here, on http://127.0.0.1:8080
	$(UP) $(ARGS)

agent: $(RUN) $(PROTO) $(FRONTEND) ## A server, and one agent with this machine and simulated pods beside it
	$(AGENT) $(ARGS)

agents: $(RUN) $(PROTO) $(FRONTEND) ## A server and a simulated cluster of seven nodes
	$(AGENTS) $(ARGS)

stop: ## End what run, agent or agents started
	@if [ -x $(BIN)/gobs ]; then $(BIN)/gobs stop; else echo "nothing was started from here"; fi

test: $(DEV) $(PROTO) $(FRONTEND) ## Run every test at a reduced count, in parallel
	$(BIN)/python -m tests.support.needs
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal $(ARGS)

soak: $(DEV) $(PROTO) $(FRONTEND) ## Run the long tests at their full counts
	$(BIN)/python -m tests.support.needs
	$(BIN)/pytest -m soak --timeout 0 $(ARGS)
	$(BIN)/pytest -m "hypothesis and not soak" --hypothesis-profile full --timeout 0 -n $(PYTEST_WORKERS) $(ARGS)

check: $(DEV) $(PROTO) $(FRONTEND) ## Check format, lint, types, imports, scripts and the front end's lock
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j $(CHECK_JOBS) $(CHECKS)

check-types:
	$(BIN)/mypy

check-alone: check-types # after it: they share what mypy remembers
	for alone in $(HOOKS) $(wildcard examples/*/); do $(BIN)/mypy $$alone || exit 1; done

check-style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-imports:
	$(BIN)/lint-imports

check-pages:
	$(BIN)/python -m scripts.docs --check

check-frontend:
	$(BIN)/python -m scripts.frontend types
	! grep -n '"resolved"\|https\?:' server/frontend/package-lock.json

golden: $(DEV) $(PROTO) ## Write the golden outputs anew; read the difference before committing it
	$(BIN)/pytest --update-golden tests/collectors tests/core/test_agent_golden.py tests/helm tests/browser/test_structure.py $(ARGS)

docs: $(DEV) $(PROTO) ## Write anew what the pages take from the code: tables, settings, flags, hooks, REST
	$(BIN)/python -m scripts.docs

screenshots: $(DEV) $(PROTO) $(FRONTEND) ## Take a picture of every page, in both themes, over a simulated cluster
	$(BIN)/python -m tests.support.needs
	$(BIN)/python -m scripts.screenshots $(ARGS)

bench: $(DEV) $(PROTO) $(FRONTEND) ## Measure, side by side with the floor and the peers
	$(BIN)/python -m benchmarks $(ARGS)

proto: $(RUN) ## Generate the Python code of the .proto files
	$(BIN)/python proto/hatch_build.py

build: $(DEV) ## Build every package into dist/, each wheel from its sdist
	rm -rf dist
	for member in $(MEMBERS) .; do $(BIN)/python -m build $(BUILD_WITH) --outdir dist $$member || exit 1; done

clean: ## Remove .venv, built and generated files
	rm -rf .venv dist build server/frontend/node_modules server/gobs_server/static/dist proto/gobs_proto/*_pb2*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): $(PYPROJECTS) scripts/venv
	scripts/venv run
	@touch $@

$(DEV): pyproject.toml | $(RUN)
	scripts/venv dev
	@touch $@

$(PROTO): $(wildcard proto/gobs_proto/*.proto) proto/hatch_build.py | $(RUN)
	$(BIN)/python proto/hatch_build.py

$(FRONTEND): $(FRONTEND_SOURCES) server/hatch_build.py | $(RUN)
	$(BIN)/python server/hatch_build.py
