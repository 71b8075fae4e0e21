# `make help` explains itself from the comments behind the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help
help: ## What can be done here
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- install
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GAS needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "This Python cannot make virtual environments. On Debian: apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/installed: requirements.txt pyproject.toml client/pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned packages (once; about a minute) …"
	@$(PIP) install --quiet --require-hashes --requirement requirements.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable . --editable client
	@$(BIN)/python scripts/build_lambdas.py > /dev/null  # fetches their packages: later starts need no internet
	@touch $@

# The engine's kernels are compiled to machine code once, so that no job has to wait for it.
$(VENV)/compiled: $(wildcard anntools/kernels/*.py) anntools/machine_code.py anntools/compiled.py | $(VENV)/installed
	@echo "Compiling the annotation engine (once; about half a minute) …"
	@$(BIN)/python -m anntools warm
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing the tools of the developers …"
	@$(PIP) install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

.PHONY: install
install: $(VENV)/installed $(VENV)/compiled ## Make the virtual environment, compile the engine

# ---------------------------------------------------------------- run
.PHONY: run
run: $(VENV)/installed $(VENV)/compiled $(if $(HTTPS),$(BIN)/uwsgi-tls) ## The whole service on this machine (S3=FILE keeps files in another store, DATA=DIR keeps its data elsewhere, HTTPS=1 serves https://localhost:4433)
	@$(if $(S3),set -a; . "$(abspath $(S3))"; set +a;) exec $(BIN)/python -m local up $(if $(DATA),--data "$(DATA)") $(if $(HTTPS),--https) $(ARGS)

$(BIN)/uwsgi-tls: deploy/uwsgi/requirements-tls.txt | $(VENV)/installed
	@scripts/build_uwsgi.sh $(BIN)/python && touch $@

.PHONY: trust
trust: $(VENV)/installed ## How a browser comes to trust https://localhost:4433
	@$(BIN)/python -m local trust $(if $(DATA),--data "$(DATA)")

.PHONY: stop
stop: $(VENV)/installed ## Stop a running `make run`
	@$(BIN)/python -m local stop $(if $(DATA),--data "$(DATA)")

.PHONY: smoke
smoke: $(VENV)/installed ## The main job by HTTP against a deployment: make smoke URL=http://127.0.0.1:8000 (CA=FILE)
	@$(BIN)/python scripts/smoke.py $(if $(URL),"$(URL)",http://127.0.0.1:8000) $(if $(FILE),--file "$(FILE)") $(if $(CA),--ca "$(CA)")

# ---------------------------------------------------------------- test
PYTEST := $(BIN)/python -m pytest

.PHONY: test
test: $(VENV)/installed-dev $(VENV)/compiled lint types ## Everything a change must pass (twenty minutes or more on two processors)
	$(PYTEST) -m "not slow" -n 3 --dist loadfile $(ARGS)

.PHONY: test-unit
test-unit: $(VENV)/installed-dev ## Only the quick tests, no sockets
	$(PYTEST) tests/unit $(ARGS)

.PHONY: test-browser
test-browser: $(VENV)/installed-dev ## Only the tests in a real Chromium; screenshots in tests/e2e/screenshots
	$(PYTEST) -m browser $(ARGS)

.PHONY: measure-pages
measure-pages: $(VENV)/installed-dev $(VENV)/compiled ## Every page in Chromium: speed, weight, axe, pictures (ARGS="--only home")
	PYTHONPATH=scripts $(BIN)/python -m tests.e2e.measure $(ARGS)

.PHONY: test-slow
test-slow: $(VENV)/installed-dev ## The long ones: gigabyte uploads, everything killed in every phase
	$(PYTEST) -m slow --timeout 1800 $(ARGS)

.PHONY: prove
prove: $(VENV)/installed-dev $(VENV)/compiled ## Several instances, killed and started anew under load (ARGS="web annotators rolling down")
	PYTHONPATH=scripts $(BIN)/python -m tests.proofs $(ARGS)

.PHONY: bench
bench: $(VENV)/installed-dev $(VENV)/compiled ## Speed beside bcftools (ARGS=--write keeps the table, ARGS=--quick for CI)
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: bench-thaw
bench-thaw: $(VENV)/installed-dev $(VENV)/compiled ## A thousand results into the archive and back (ARGS="--jobs 100")
	PYTHONPATH=scripts $(BIN)/python -m tests.bench.thaw $(ARGS)

.PHONY: bench-explorer
bench-explorer: $(VENV)/installed-dev $(VENV)/compiled ## A million variants explored through the web app (ARGS="--times 30")
	PYTHONPATH=scripts $(BIN)/python -m tests.bench.explorer $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: $(VENV)/installed-dev $(VENV)/compiled ## The list of jobs with ten and with 100,000 (ARGS="--jobs 20000")
	PYTHONPATH=scripts $(BIN)/python -m tests.bench.dashboard $(ARGS)

.PHONY: prove-ceph
prove-ceph: $(VENV)/installed-dev $(VENV)/compiled ## The whole product on a real Ceph gateway (Debian 12; ARGS=--keep leaves it running)
	PYTHONPATH=scripts $(BIN)/python -m tests.ceph $(ARGS)

.PHONY: bench-api
bench-api: $(VENV)/installed-dev $(VENV)/compiled ## Requests a second of list, get, create by 10 and 100 clients (ARGS="--requests 200")
	PYTHONPATH=scripts $(BIN)/python -m tests.bench.api $(ARGS)

.PHONY: bench-calls
bench-calls: $(VENV)/installed-dev $(VENV)/compiled ## What one job asks of the cloud, for the cost pages (ARGS="--jobs 50 --write")
	PYTHONPATH=scripts $(BIN)/python -m tests.bench.calls $(ARGS)

.PHONY: capacity
capacity: $(VENV)/installed-dev ## Costs, quotas and the simulation of scaling (ARGS=--write into docs/cost.md, docs/scale.md)
	$(BIN)/python -m deploy.capacity $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/installed-dev ## Mutated input for the engine, every memory access checked (SECONDS=600)
	$(BIN)/python -m tests.fuzz --target reader --seconds 30
	$(BIN)/python -m tests.fuzz --target engine --seconds $(or $(SECONDS),60)

.PHONY: conformance
conformance: $(VENV)/installed-dev $(VENV)/compiled ## Agreement with every truth set in ../shared/data (ARGS=--write keeps the table)
	$(BIN)/python -m tests.conformance $(ARGS)

.PHONY: lint
lint: $(VENV)/installed-dev ## Style, imports between the rooms, the CloudFormation templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/cfn-lint $(filter-out deploy/compose.yaml,$(wildcard deploy/*.yaml))

.PHONY: types
types: $(VENV)/installed-dev ## mypy, strict
	$(BIN)/mypy

.PHONY: format
format: $(VENV)/installed-dev ## Put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# ---------------------------------------------------------------- build
# For the machines of deploy/compute.yaml, and no others: pip cannot read markers for another Python.
UV_MACHINES := $(BIN)/uv pip compile --quiet --python-version 3.12 --python-platform x86_64-manylinux_2_28 --generate-hashes --no-annotate --no-header
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: lock
lock: $(VENV)/installed-dev ## Compile the hashed locks from pyproject.toml (UPGRADE=1 takes newer versions)
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra local -o requirements.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra local --group dev -c requirements.txt -o requirements-dev.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) lambdas/requirements.in -c requirements.txt -o lambdas/requirements.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) lambdas/erase_account/requirements.in -c requirements.txt -o lambdas/erase_account/requirements.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) deploy/migrate/requirements.in -c requirements.txt -o deploy/migrate/requirements.txt
	$(UV_MACHINES) $(if $(UPGRADE),--upgrade) pyproject.toml deploy/requirements.in -c requirements.txt -o deploy/requirements.txt

.PHONY: lambdas
lambdas: $(VENV)/installed ## Zip the Lambda functions for AWS into build/lambdas
	$(BIN)/python scripts/build_lambdas.py --platform manylinux2014_x86_64

.PHONY: release
release: $(VENV)/installed ## What AWS runs, of this commit, pinned by hashes, into build/release
	$(BIN)/python scripts/build_release.py $(ARGS)

# ---------------------------------------------------------------- containers (docs/containers.md)
DOCKER ?= docker

.PHONY: image
image: sbom ## Build the image of the services: make image BASE=python:3.12-slim-bookworm@sha256:… (TARGET=embedded, DOCKER=podman)
	@[[ "$(BASE)" == *@sha256:* ]] || { echo "BASE must name the base by its digest. To read it: docker buildx imagetools inspect python:3.12-slim-bookworm"; exit 1; }
	$(DOCKER) build --file deploy/container/Dockerfile --target $(or $(TARGET),services) --build-arg BASE="$(BASE)" \
	  --build-arg REVISION="$$(git rev-parse HEAD)" --tag gas:$(or $(TARGET),services) .

.PHONY: sbom
sbom: $(VENV)/installed-dev ## List what the image holds (CycloneDX) from the lock, into build/sbom
	@mkdir -p build/sbom
	$(BIN)/cyclonedx-py requirements deploy/requirements.txt --pyproject pyproject.toml --mc-type application --output-reproducible --output-file build/sbom/gas.cdx.json

.PHONY: compose-secrets
compose-secrets: ## Make the secrets of deploy/compose.yaml, once
	@scripts/compose_secrets.sh

.PHONY: prove-image
prove-image: $(VENV)/installed-dev ## Build and run the image without Docker: the main job in it (Debian 12, root, buildah, mmdebstrap)
	tests/image/prove.sh $(ARGS)

# ---------------------------------------------------------------- AWS (docs/deploy.md)
.PHONY: secrets
secrets: $(VENV)/installed ## Make a stage's secrets, once: make secrets STAGE=dev
	@$(BIN)/python -m deploy.first_secrets "$(STAGE)"

.PHONY: deploy
deploy: $(VENV)/installed ## Bring a stage to the newest release, change sets shown first: make deploy STAGE=dev (YES=1)
	@$(BIN)/python -m deploy.rollout "$(STAGE)" $(if $(YES),--yes) $(if $(RELEASE),--release "$(RELEASE)")

.PHONY: undeploy
undeploy: $(VENV)/installed ## Take a stage down; its data stays (ERASE=dev: does not): make undeploy STAGE=dev
	@$(BIN)/python -m deploy.undeploy "$(STAGE)" $(if $(ERASE),--erase "$(ERASE)") $(if $(YES),--yes)

.PHONY: prove-machine
prove-machine: $(VENV)/installed-dev $(VENV)/compiled ## Boot machines of the fleets from a release, in a copy of this Debian (root)
	tests/machine/prove.sh $(ARGS)

.PHONY: vendor
vendor: ## Build the browser libraries into web/static/vendor (needs Node 20; see web/frontend/README.md)
	cd web/frontend && npm ci && node build.mjs
