# The two commands: `make run` and `make test`. Both set up all they need in .venv first.
# Tests in a browser run by themselves: some of them measure, and Playwright holds the process's event loop.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
              --no-emit-index-url --no-emit-find-links --no-header --group build pyproject.toml

.PHONY: run test soak lint bench lock clean

run: .venv/run.stamp  ## start the platform on the embedded sandbox exchange and print its address
	@$(BIN)/thebot up $(ARGS)

test: .venv/dev.stamp  ## run every test that this machine allows
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not soak and not browser" $(ARGS); first=$$?; \
	$(BIN)/python -m pytest -m "browser and not soak" $(ARGS) && exit $$first

soak: .venv/dev.stamp  ## the long forms of the tests, then the properties with many fresh seeds (an hour)
	@$(BIN)/python -m pytest -m soak -s $(ARGS)
	@THEBOT_HYPOTHESIS=soak $(BIN)/python -m pytest -n auto --dist worksteal tests/market tests/indicators tests/strategy

lint: .venv/dev.stamp  ## formatting, types and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: .venv/dev.stamp  ## resolve the dependencies anew
	$(BIN)/$(UV_COMPILE) --upgrade --extra postgres --extra redis --extra research --extra cluster --extra pandas --group dev -o requirements-dev.txt
	$(BIN)/$(UV_COMPILE) --upgrade --extra research -c requirements-dev.txt -o requirements.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "THEBOT needs Python 3.11 or newer. Name one: make run PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

# The project itself is installed without an index: its build needs are in the lock.
.venv/run.stamp: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv build dist
