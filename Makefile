# The doors of the project. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
NODE   := PYTHON=$(PYTHON) ui/with-node
NPM_STAMP := ui/node_modules/.installed
UI_STAMP  := api/static/index.html
UI_SOURCES := $(shell find ui/src ui/public -type f 2>/dev/null) ui/index.html ui/vite.config.ts ui/tsconfig.json

UNIT   ?= good
PROFILE ?= documented
ROUNDS ?= 50
SEED   ?= 1
SUITE  ?= engine
COVERED := tests/workflows tests/domain
FAULTS  := tests/faults
SEEDED  := $(addprefix $(FAULTS)/test_,api_kills.py races.py schema_fuzz.py torture.py)
API     := tests/api
BROWSER := tests/browser
MINUTES ?= 1

each = failed=0; for part in $(1); do $(MAKE) --no-print-directory $$part || failed=1; done; exit $$failed

.DEFAULT_GOAL := help
.PHONY: help setup run demo ui client test test-first test-second test-screen test-orchestration test-api test-faults test-seeded test-browser test-everything-else screenshots soak check format bench torture histories schemas clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  %-21s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

setup: $(STAMP) ## create .venv with the exact versions of requirements.lock

$(NPM_STAMP): ui/package.json ui/package-lock.json ui/.npmrc ui/with-node ui/requirements-node.lock
	$(NODE) npm ci --no-audit --no-fund --loglevel=error
	@touch $(NPM_STAMP)

$(UI_STAMP): $(NPM_STAMP) $(UI_SOURCES)
	$(NODE) npm run --silent build

ui: $(UI_STAMP) ## build the screen into api/static, if its sources changed

client: setup $(NPM_STAMP) ## write the screen's client again after the API has changed
	$(BIN)/python -m api.openapi ui/src/client/openapi.json
	$(NODE) npm run --silent client

run: setup ui ## keep a station up (simulated bench, embedded Temporal); Ctrl-C drains it
	$(BIN)/station up --config config/station.yaml --sim

demo: setup ui ## take one unit through the whole station; UNIT=bad, PROFILE=documented|neurohub|none
	@$(BIN)/station demo --unit $(UNIT) --profile $(PROFILE)

test: setup ui ## run the tests, four lanes side by side: most of their time is waiting; each goes on to its end
	@$(MAKE) --no-print-directory -k -j4 --output-sync=target test-first test-second test-faults test-everything-else

test-first:
	+@$(call each,test-screen test-orchestration test-api)

test-second:
	+@$(call each,test-browser test-seeded)

test-orchestration: setup ## tests of workflows and domain, which must reach every line and branch of them
	$(BIN)/python -m coverage run --source=workflows,station/domain -m pytest $(COVERED)
	$(BIN)/python -m coverage report --fail-under=100 --show-missing --skip-covered

test-faults: setup ## the fault experiments, one by one
	$(BIN)/python -m pytest $(FAULTS) $(SEEDED:%=--ignore=%)

test-seeded: setup ## the seeded runs of `make torture` in their short form
	$(BIN)/python -m pytest $(SEEDED)

test-api: setup ## tests of the API, on real stations
	$(BIN)/python -m pytest $(API)

test-browser: setup ui ## what people do at the screen, in a real browser before a real station
	$(BIN)/python -m tests.browser $(BROWSER)

test-everything-else: setup ## all other tests
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m pytest $(COVERED:%=--ignore=%) $(FAULTS:%=--ignore=%) $(API:%=--ignore=%) $(BROWSER:%=--ignore=%)

test-screen: $(NPM_STAMP) ## tests of the screen's own code
	$(NODE) npm run --silent test

check: setup $(NPM_STAMP) ## everything CI checks, and nothing else
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE) npm run --silent types
	$(NODE) npm run --silent lint

format: setup ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## measure against the targets of docs/reference/numbers.md; SUITE=engine|api|screen MINUTES=1
	$(BIN)/python -m tests.bench --suite $(SUITE) --minutes $(MINUTES)

torture: setup ## seeded faults over whole runs: SUITE=engine|mes|control|races|api|schema ROUNDS=50 SEED=1
	$(BIN)/python -m tests.faults --suite $(SUITE) --rounds $(ROUNDS) --seed $(SEED)

soak: setup ui ## ten thousand scans in a real browser, of which none may be lost
	$(BIN)/python -m tests.browser.soak

screenshots: setup ui ## a picture of every screen, in both languages, into docs/screenshots
	$(BIN)/python -m tests.browser.pictures

histories: setup ## record golden histories of this release from real runs
	$(BIN)/python -m tests.workflows.record

schemas: setup ## write the generated references again
	$(BIN)/python -m tests.generate

clean: ## remove what was built, never data/
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov api/static ui/node_modules ui/.node
