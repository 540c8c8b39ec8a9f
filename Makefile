# One command each; every one sets up what it needs first. `make help` lists them.

PYTHON ?= python3
UV_VERSION := 0.9.18
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
KERNELS := $(VENV)/.kernels

# Without a usable home directory the caches go beside the environment instead.
ifeq ($(shell test -n "$$HOME" && test -d "$$HOME" && test -w "$$HOME" && echo usable),)
export XDG_CACHE_HOME := $(CURDIR)/$(VENV)/.cache
export UV_CACHE_DIR := $(CURDIR)/$(VENV)/.cache/uv
endif
# The environment is made here, whatever environment the caller has activated.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv trusts the certificates that this machine trusts, as pip does.
UV_NATIVE_TLS ?= true
export UV_NATIVE_TLS

.PHONY: help demo serve peers test check format bench schemas lock install clean

help:  ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(KERNELS)  ## the whole product on the bundled estate, offline
	$(BIN)/placement demo

serve: $(KERNELS)  ## the API on what the demo left behind
	$(BIN)/placement serve --data-dir placement-demo

peers: $(INSTALLED)  ## the servers that collector tests run against, each in an environment of its own, once
	$(BIN)/python -m tests.peers.build

test: $(KERNELS)  ## every test but the benchmarks; those of peers that cannot be built are skipped
	$(BIN)/python -m tests.peers.build --allow-missing
	$(BIN)/python -m pytest -n 2 --dist loadfile --durations 15 -q

check: $(INSTALLED)  ## lint, format, types, layers, notebooks without outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/notebooks_are_stripped.py notebooks

format: $(INSTALLED)  ## write the format that `check` looks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(KERNELS)  ## speed and memory; rewrites tests/benchmarks/RESULTS.md
	$(BIN)/python -m pytest -m benchmark -s -q -p no:xdist --timeout 1800 tests/benchmarks

schemas: $(INSTALLED)  ## rewrite the published JSON Schemas from the documents' types
	$(BIN)/python .ci/write_schemas.py

lock: $(INSTALLED)  ## resolve requirements.lock again
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url -o requirements.lock

install: $(INSTALLED)  ## the environment alone

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "uv==$(UV_VERSION)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

# Again whenever a kernel changes: what numba keeps does not notice a change of what a kernel calls.
$(KERNELS): $(INSTALLED) .ci/compile_kernels.py $(wildcard optimizer/solve/*.py optimizer/solve/*/*.py)
	$(BIN)/python .ci/compile_kernels.py
	touch $@

clean:  ## everything that these commands made, never your own data
	rm -rf $(VENV) .peers build dist placement-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	find . -type d -name __pycache__ -prune -exec rm -rf {} +
