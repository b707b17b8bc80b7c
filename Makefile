# make setup   everything that is missing, in order; leaves .venv/bin/steppe
# make demo    a local region, a three-zone cluster, RocketMQ, messages sent and received
# make test    every check and test
# make lock    requirements.lock anew, from pyproject.toml and the newest packages that fit
# make audit   known vulnerabilities of Python packages, Consul and Nomad; needs the internet
.PHONY: setup demo test lock audit clean
.DEFAULT_GOAL := setup

FILE ?= examples/orders.yaml
MESSAGES ?= 10000
PYTHON ?= python3
STEPPE := .venv/bin/steppe

setup: .venv/.installed
	@.venv/bin/python -m steppe.setup

.venv/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "steppe needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Next: make PYTHON=python3.11 setup" >&2; exit 2; }
	@echo " • Python packages …" >&2
	@$(PYTHON) -m venv .venv 2>/dev/null || \
		{ apt-get -q update >/dev/null && apt-get -q install -y python3-venv >/dev/null && $(PYTHON) -m venv .venv; }
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
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

lock: .venv/.tools
	@.venv/tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-header --no-annotate pyproject.toml --output-file .venv/requirements.lock
	@{ head -1 requirements.lock; cat .venv/requirements.lock; } > .venv/new.lock && mv .venv/new.lock requirements.lock

audit: setup .venv/.tools
	@.venv/bin/python -m steppe.setup.audit

.venv/.tools: .venv/.installed
	@$(PYTHON) -m venv .venv/tools
	@.venv/tools/bin/pip install --quiet --disable-pip-version-check uv pip-audit
	@touch $@

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
