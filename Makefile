# The only entry points: people and CI call the same targets. It needs Python >= 3.11, nothing else.
#
# Nothing is done twice: each step leaves a file behind that says when it was done (.venv/.installed, …/vendor/.fetched,
# _build/html/.built), and make compares it with what the step was made from.

.DEFAULT_GOAL := help
.PHONY: help setup book live serve lab notebooks test test-package test-notebooks test-browser test-oldest
.PHONY: audit bench lint format check lock clean FORCE

VENV := .venv
PORT ?= 8000
VENDOR := site_assets/vendor
# What python3 is called here; `make book PYTHON=/path/to/python3.12` takes another one.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do $$p $(NEW_ENOUGH) && echo $$p && break; done)
PYTHON_OLDEST ?= $(shell for p in python3.12 "$$HOME"/.pyenv/versions/3.12*/bin/python python3.11 "$$HOME"/.pyenv/versions/3.11*/bin/python "$(PYTHON)"; do $$p $(NEW_ENOUGH) && echo $$p && break; done)

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# One thread for linear algebra: the same sums in the same order, and parallel tests do not fight for the cores.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export VECLIB_MAXIMUM_THREADS := 1

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */#/' | awk -F'#' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# ---------------------------------------------------------------------------------------------------- the environment

setup: $(VENV)/.installed-dev  ## .venv with all that the book, its tests and its tools need

PIP := python -m pip --disable-pip-version-check --no-input

$(VENV)/.installed: requirements.txt pyproject.toml
	@"$(PYTHON)" $(NEW_ENOUGH) || { echo "Expected Python >= 3.11, got '$(PYTHON)': try make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV): a few minutes the first time"
	@test -x $(VENV)/bin/python || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(PIP) install -q -r requirements.txt
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@$(PIP) install -q -r requirements-dev.txt
	@touch $@

# ----------------------------------------------------------------------------------------------------------- the site

book: _build/html/.built  ## execute every notebook and build the site into _build/html
	@echo "The site is in _build/html: open _build/html/index.html, or serve it with 'make serve'"

# What the browser needs comes from npm, pinned; npm itself came from PyPI into .venv.
$(VENDOR)/.fetched: tools/assets/package.json tools/assets/package-lock.json | $(VENV)/.installed
	@echo "Fetching the browser's assets"
	@cd tools/assets && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@rm -rf $(VENDOR)
	@mkdir -p $(VENDOR)/widgets $(VENDOR)/katex/fonts
	@cd tools/assets/node_modules/@jupyter-widgets/html-manager/dist && cp embed.js embed.js.LICENSE.txt *.woff2 *.woff *.ttf *.eot *.svg $(CURDIR)/$(VENDOR)/widgets
	@cd tools/assets/node_modules/katex/dist && cp katex.min.css contrib/copy-tex.min.js $(CURDIR)/$(VENDOR)/katex && cp fonts/*.woff2 $(CURDIR)/$(VENDOR)/katex/fonts
	@touch $@

# Python for the reader's browser. PYODIDE_WHEELS=folder takes Pyodide's wheels from there; without any source the
# site has no live cells, and the stamp says that it was tried: make live tries again.
$(VENDOR)/.live: tools/live/live_parts.py tools/live/parts.toml tools/live/requirements.txt tools/live/first_start.mjs $(VENDOR)/.fetched
	@echo "Fetching Python for the reader's browser"
	@PYODIDE_WHEELS="$(PYODIDE_WHEELS)" python tools/live/live_parts.py $(VENDOR)/live
	@touch $@

live: $(VENV)/.installed  ## fetch anew what runs Python in the page (PYODIDE_WHEELS=… from a folder)
	@rm -f $(VENDOR)/.live
	@$(MAKE) --no-print-directory $(VENDOR)/.live

# The ledger of equations reads the marks of the tests.
SOURCES := $(wildcard _config.yml _toc.yml references.bib) $(shell grep -l mark.equation tests/test_*.py) $(shell find book trpo_lesson tools/site tools/live site_assets -type f \
	! -path '*/__pycache__/*' ! -path '*/.ipynb_checkpoints/*' ! -path '$(VENDOR)/*' | sort)

# Changes only if a source came or went: else a deleted page would leave the site looking up to date.
_build/sources: FORCE
	@mkdir -p _build
	@printf '%s\n' $(SOURCES) | cmp -s - $@ || printf '%s\n' $(SOURCES) > $@

# Built from nothing; where the build fails or is stopped, nothing is left that looks like a site.
_build/html/.built: $(SOURCES) _build/sources $(VENV)/.installed $(VENDOR)/.fetched $(VENDOR)/.live
	@rm -rf _build/html _build/.doctrees _build/jupyter_execute
	@trap 'rm -rf _build/html' EXIT && trap 'exit 1' HUP INT TERM && \
	jupyter-book build . -W -n --keep-going && touch $@ && trap - EXIT

serve: book  ## the site on http://localhost:8000 (PORT=… for another)
	@python tools/serve.py --port $(PORT)

lab: $(VENV)/.installed  ## the notebooks in JupyterLab
	jupyter lab book

notebooks: $(VENV)/.installed  ## run the notebooks and store their text outputs (ONLY=book/….ipynb for one)
	python tools/normalise_notebooks.py --execute $(ONLY)

# ---------------------------------------------------------------------------------------------------------- the tests

# The parts run side by side: the site is being built while the package is tested.
test: setup  ## every test: package, notebooks, site in a browser
	@echo "Package, notebooks and site are tested side by side; each part reports when it is done"
	@$(MAKE) --no-print-directory -k -j2 $(if $(filter output-sync,$(.FEATURES)),-Otarget) test-browser test-package test-notebooks

WORKERS ?= 2
PYTEST := python -m pytest -q -n $(WORKERS) --durations=5

test-package: setup
	$(PYTEST) --dist loadgroup tests --ignore tests/browser

# A notebook is one kernel: its cells stay together on one worker. Pictures are not compared (conftest.py).
test-notebooks: setup
	$(PYTEST) --dist loadfile --nbval --nbval-current-env $(wildcard book/*.ipynb book/*/*.ipynb)

test-browser: setup book
	$(PYTEST) tests/browser

# About an hour: thousands of small changes to the mathematics, each to be caught; then the slips of tools/slips.toml.
mutate: setup  ## break the mathematics in many small ways, and see the tests notice
	mutmut run --max-children $(WORKERS)
	mutmut results
	python tools/plant_slips.py

# Lighthouse is large, so it has a place of its own. Nothing here passes or fails: the machine's speed decides too.
audit: setup book tools/audit/node_modules/.installed  ## measure what depends on the clock into _build/audit.md
	@PYTHONPATH=tools python tools/audit/audit.py

tools/audit/node_modules/.installed: tools/audit/package.json tools/audit/package-lock.json | $(VENV)/.installed
	@echo "Fetching Lighthouse: 180 MB"
	@cd tools/audit && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The versions that browsers have (Pyodide). Nothing of the book's tooling is needed or installed.
OF_THE_BOOK := browser $(foreach name,audit book content_security exercises glossary layout ledger live_cells \
	publishing references site wheel,test_$(name).py)
test-oldest: .venv-oldest/.installed  ## the package on the oldest versions it supports
	.venv-oldest/bin/python -m pytest -q -n $(WORKERS) tests $(foreach name,$(OF_THE_BOOK),--ignore tests/$(name))

.venv-oldest/.installed: requirements-oldest.txt
	@"$(PYTHON_OLDEST)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' || echo "No Python 3.12 here (PYTHON_OLDEST=… names one): testing the oldest versions with $$("$(PYTHON_OLDEST)" --version)"
	@rm -rf .venv-oldest
	@"$(PYTHON_OLDEST)" -m venv .venv-oldest
	@.venv-oldest/bin/python -m pip --disable-pip-version-check --no-input install -q -r requirements-oldest.txt
	@.venv-oldest/bin/python -m pip --disable-pip-version-check --no-input install -q --no-deps -e .
	@touch $@

# ------------------------------------------------------------------------------------------------------- the benchmark

bench: .venv-bench/.installed  ## compare with other libraries (QUICK=1 in minutes; PART=… one part; CLOCK=wall)
	.venv-bench/bin/python benchmarks/run.py $(if $(QUICK),--quick) $(if $(PART),--part $(PART)) $(if $(CLOCK),--clock $(CLOCK))

.venv-bench/.installed: benchmarks/requirements.txt pyproject.toml
	@echo "Setting up .venv-bench: torch is large"
	@test -x .venv-bench/bin/python || "$(PYTHON)" -m venv .venv-bench || { rm -rf .venv-bench; exit 1; }
	@.venv-bench/bin/python -m pip --disable-pip-version-check --no-input install -q -r benchmarks/requirements.txt
	@.venv-bench/bin/python -m pip --disable-pip-version-check --no-input install -q --no-deps -e .
	@touch $@

# -------------------------------------------------------------------------------------------------------- the upkeep

lint: setup tools/lint/node_modules/.installed  ## style of code and notebooks; changes nothing
	ruff check
	ruff format --check
	node tools/lint/node_modules/eslint/bin/eslint.js -c tools/lint/eslint.config.mjs site_assets tools/live
	python tools/normalise_notebooks.py --check

tools/lint/node_modules/.installed: tools/lint/package.json tools/lint/package-lock.json | $(VENV)/.installed
	@cd tools/lint && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

format: setup  ## code style, and notebooks in their normal form
	ruff check --fix-only
	ruff format
	python tools/normalise_notebooks.py

check: lint test  ## what must pass before a change is done

# Needs uv (pip install uv). The pins serve every system and every Python >= 3.11.
COMPILE := uv pip compile -q --universal --no-emit-index-url --no-header --no-annotate --python-version 3.11
# What torch brings along for graphics cards is neither used nor pinned: its CPU wheel needs none of it.
CUDA := $(foreach name,cuda-bindings cuda-pathfinder cuda-toolkit triton \
	$(addprefix nvidia-,cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse) \
	$(addprefix nvidia-,cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx),--no-emit-package $(name))
lock:  ## compile the requirements files anew from pyproject.toml
	$(COMPILE) pyproject.toml --extra book -o requirements.txt
	$(COMPILE) pyproject.toml --extra book --extra dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) pyproject.toml --group oldest -o requirements-oldest.txt
	$(COMPILE) benchmarks/requirements.in -c requirements.txt $(CUDA) -o benchmarks/requirements.txt
	for part in assets audit lint; do (cd tools/$$part && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved) || exit 1; done

clean:  ## remove what was built; the environments stay
	rm -rf _build $(VENDOR) tools/*/node_modules
