# Needs only make and Python 3.11 or newer. `make` alone lists the targets.

PYTHON_OF_VENV := .venv/bin/python
PROMISE_SIZE ?= full
MINUTES ?= 10
# Many tests wait for something: on two cores, three files at a time end first (234 s; two at a time 271 s).
JOBS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup setup-audit setup-model setup-ocr setup-peers setup-sam demo up down logs extract verify-deployment test test-model prove guards model soak benchmarks quality openapi pictures lint audit fuzz-api validate build sam-local lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' Makefile

setup: ## Make the virtual environment (the other targets do this by themselves)
	@sh local/venv.sh .venv requirements/dev.txt

setup-audit:
	@sh local/venv.sh .venv-audit requirements/audit.txt

setup-model:
	@sh local/venv.sh .venv-model requirements/model.txt --no-deps

# Into the environment that the stack's functions run in.
setup-ocr: setup
	@$(PYTHON_OF_VENV) -c 'import rapidocr' 2>/dev/null || PATH="$$PATH:.venv/bin" \
	    uv pip install --quiet --python $(PYTHON_OF_VENV) --requirements requirements/ocr.txt

setup-sam:
	@sh local/venv.sh .venv-sam requirements/sam.txt

demo: setup ## See it on this machine: a worker is killed, and its job still completes
	@PYTHONPATH=cli $(PYTHON_OF_VENV) -m local demo

up: setup $(if $(filter rapidocr,$(OCR)),setup-ocr) ## Start the stack and leave it running; settings: API_PORT=3001, OCR=rapidocr and others
	@$(PYTHON_OF_VENV) -m local up

down: setup ## Stop what `make up` started
	@$(PYTHON_OF_VENV) -m local down

logs: setup ## Follow the functions' logs of the running stack; FUNCTION=worker for one of them
	@$(PYTHON_OF_VENV) -m local logs

extract: setup ## Send a file through the running stack: FILE=a.pdf TYPES=invoice,contact (or a file of JSON Schemas)
	@PYTHONPATH=cli $(PYTHON_OF_VENV) -m local extract

verify-deployment: setup ## Verify any running deployment in minutes: API_URL=… TOKEN=…; see docs/deploy.md
	@$(PYTHON_OF_VENV) -m verify_deployment

# Bytecode is kept, whatever the shell says: the many processes of the tests would compile the same files again.
test: setup ## Run all tests, JOBS=3 files at a time; ARGS="-k retry" goes to pytest
	@PYTHONDONTWRITEBYTECODE= $(PYTHON_OF_VENV) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-model: setup setup-model ## Let a real small model read jobs through the whole stack (3 to 10 minutes); see docs/use-a-model.md
	@$(PYTHON_OF_VENV) -m pytest tests/real_model --timeout 900 -v -o log_cli=true -o log_cli_level=INFO $(ARGS)

prove: setup ## Test the promises at full size: ten million rows, ten thousand jobs (an hour); PROMISE_SIZE=everyday for the small one
	@PROMISE_SIZE=$(PROMISE_SIZE) $(PYTHON_OF_VENV) -m pytest tests/promises --timeout 7200 $(ARGS)

soak: setup ## Run the whole stack for MINUTES=10 while everything in it fails at random; report: .local/soak/report.md
	@PYTHONPATH=layers/extraction_jobs $(PYTHON_OF_VENV) -m tests.soak $(MINUTES) $(SEED)

guards: setup ## Take out each guard of a job's life, JOBS=2 at a time: a test must notice (12 minutes); ARGS=claim
	@PYTHONPATH=layers/extraction_jobs $(PYTHON_OF_VENV) -m tests.promises.guards $(ARGS)

model: setup ## Model-check a job's life at full size; print a counterexample for each missing guard (tests/promises/model/explored.md)
	@PROMISE_SIZE=full PYTHONPATH=layers/extraction_jobs $(PYTHON_OF_VENV) -m tests.promises.model

benchmarks: setup setup-peers ## Compare the product with bare SQL and other job queues (30 minutes); see docs/benchmarks.md
	@PYTHONPATH=layers/extraction_jobs:cli $(PYTHON_OF_VENV) -m benchmarks $(ARGS)

# Without npm, the peers for Node are left out.
setup-peers:
	@sh local/venv.sh .venv-peers requirements/peers.txt
	@if command -v npm >/dev/null; then npm ci --prefix benchmarks/peers_node --ignore-scripts --silent; fi

quality: setup ## Measure the extraction on labelled documents; ARGS="--fit --write"; see docs/quality.md
	@sh local/venv.sh .venv-peers requirements/peers.txt
	@PYTHONPATH=layers/extraction_jobs:cli $(PYTHON_OF_VENV) -m benchmarks.quality $(ARGS)

openapi: setup ## Write docs/openapi.json again
	@UPDATE=1 $(PYTHON_OF_VENV) -m pytest -q tests/integration/test_openapi.py

pictures: setup setup-ocr ## Take the pictures of docs/admin anew, in chromium
	@UPDATE=1 $(PYTHON_OF_VENV) -m pytest -q tests/browser/test_shell.py tests/browser/test_scan.py -k "everyone or scanned"

lint: setup ## Check format, style, types, layers; links and spelling of the docs
	@$(PYTHON_OF_VENV) -m ruff check .
	@$(PYTHON_OF_VENV) -m ruff format --check .
	@$(PYTHON_OF_VENV) -m mypy
	@PYTHONPATH=layers/extraction_jobs:cli .venv/bin/lint-imports --no-logo
	@.venv/bin/rumdl check --no-cache
	@.venv/bin/typos

audit: setup setup-audit ## Run checkov over the template and its stacks; check the pinned packages against PyPI's advisories
	@$(PYTHON_OF_VENV) -m local.audit

fuzz-api: setup setup-audit ## Run Schemathesis against the API of a local stack: no 5xx, no undocumented answer (minutes); EXAMPLES=30
	@$(PYTHON_OF_VENV) -m local.fuzz

# The next two need the network once (for the SAM CLI), no credentials.
validate: setup-sam ## Lint the template, its nested stacks, and what the SAM transform makes of it
	@local/sam.sh validate --lint
	@for each in stacks/*.yaml; do local/sam.sh validate --lint --template $$each || exit 1; done
	@.venv-sam/bin/python -m local.validate

build: setup-sam ## Run sam build; needs the Python of the Lambda runtime, 3.13; ARCHITECTURE=arm64 for that
	@local/sam.sh build --parameter-overrides Architecture=$(or $(ARCHITECTURE),x86_64)

sam-local: setup build ## Run every function under `sam local invoke`, the API under `start-api`; needs Docker
	@$(PYTHON_OF_VENV) -m local.sam_local

# No index address gets into the files: they work with whatever index is configured.
COMPILE := uv pip compile --quiet --no-header --no-emit-index-url --no-emit-find-links --generate-hashes
lock: ## Write the lock files from the .in files; needs uv; UPGRADE=--upgrade takes newer versions
	@$(COMPILE) $(UPGRADE) --python-version 3.13 --python-platform x86_64-manylinux_2_28 \
	    --only-binary :all: layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	@$(COMPILE) $(UPGRADE) --universal --python-version 3.11 -c layers/dependencies/requirements.txt \
	    requirements/dev.in -o requirements/dev.txt
	@for each in sam peers audit; do \
	    $(COMPILE) $(UPGRADE) --universal --python-version 3.11 requirements/$$each.in -o requirements/$$each.txt || exit 1; \
	done
	@$(COMPILE) $(UPGRADE) --universal --python-version 3.11 -c requirements/dev.txt \
	    requirements/ocr.in -o requirements/ocr.txt
	@$(COMPILE) $(UPGRADE) --universal --python-version 3.11 --no-deps requirements/model.in -o requirements/model.txt

clean: down ## Stop the stack; remove its files, its database and the builds
	@rm -rf .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
