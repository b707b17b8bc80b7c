# make setup   everything that is missing, in order; leaves .venv/bin/steppe
# make demo    a local region, a three-zone cluster, RocketMQ, messages sent and received
# make test    every check and test
.PHONY: setup demo test clean
.DEFAULT_GOAL := setup

FILE ?= examples/orders.yaml
MESSAGES ?= 10000
PYTHON ?= python3
STEPPE := .venv/bin/steppe

setup: .venv/.installed
	@.venv/bin/python -m steppe.setup

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "steppe needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Next: make PYTHON=python3.11 setup" >&2; exit 2; }
	@echo " • Python packages …" >&2
	@$(PYTHON) -m venv .venv 2>/dev/null || \
		{ apt-get -q update >/dev/null && apt-get -q install -y python3-venv >/dev/null && $(PYTHON) -m venv .venv; }
	@.venv/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
	@echo " ✓ Python packages" >&2

demo: setup
	@$(STEPPE) box start
	@$(STEPPE) up $(FILE) --yes
	@$(STEPPE) verify $(FILE) --messages $(MESSAGES)
	@$(STEPPE) status $(FILE)
	@echo "Go on with: $(STEPPE) status $(FILE); when done: $(STEPPE) down $(FILE) && $(STEPPE) box reset" >&2

test: setup
	@.venv/bin/ruff check
	@.venv/bin/mypy
	@.venv/bin/pytest

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
