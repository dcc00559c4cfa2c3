# Chores of flopscope. `make` alone lists them.
#
# Every target that needs Python makes its own virtual environment under build/ and fills it with
# plain pip. Nothing is installed outside the clone.
#
#   PYTHON=python3.12     interpreter the environments are made with
#   VENV=path             use this environment instead of build/venv-<chore>
#   PYTEST_ARGS="-k add"  more arguments for pytest
#   KERNELS_ARGS="--kernel Haswell"  arguments for `make test-kernels`
#   MUTATE_ARGS="--match fft"  arguments for `make mutate-prices`
#   RUN_ARGS="--width 64" arguments for the example of `make run`
#   WITH_TORCH=1          test against torch's FLOP counter, and training of flops-fit (installs torch)
#   WITH_BROWSER=1        look at reports in Chromium too (installs playwright; Chromium must be there)

PYTHON ?= python3
BUILD_DIR ?= build
PYTEST_ARGS ?= -q
RUN_ARGS ?= --samples 10000 --truth-samples 50000 --seeds 0
BENCH_ARGS ?=
PIP_FLAGS ?= -qq --disable-pip-version-check
comma := ,

# What the test environment is given, and the name of its stamp.
TEST_EXTRA := test$(if $(filter 1,$(WITH_TORCH)),$(comma)torch)$(if $(filter 1,$(WITH_BROWSER)),$(comma)browser)
TEST_STAMP := .installed-test$(if $(filter 1,$(WITH_TORCH)),-torch)$(if $(filter 1,$(WITH_BROWSER)),-browser)

VENV_RUN := $(or $(VENV),$(BUILD_DIR)/venv-run)
VENV_TEST := $(or $(VENV),$(BUILD_DIR)/venv-test)
VENV_ASAN := $(or $(VENV),$(BUILD_DIR)/venv-asan)
VENV_DEBUG := $(or $(VENV),$(BUILD_DIR)/venv-debug)
VENV_BENCH := $(or $(VENV),$(BUILD_DIR)/venv-bench)
VENV_GENERATE := $(or $(VENV),$(BUILD_DIR)/venv-generate)
VENV_TOOLS := $(or $(VENV),$(BUILD_DIR)/venv-tools)

# What an installation is made from. The list itself is a file that changes only when a name comes
# or goes, so that a deleted source also counts as a change.
PACKAGE_LIST := $(BUILD_DIR)/package-sources.txt
PACKAGE_SOURCES := $(shell find cpp/core cpp/bindings python -type f \
    ! -name '*.pyc' ! -name '*.so' 2>/dev/null | LC_ALL=C sort) \
    $(wildcard CMakeLists.txt pyproject.toml README.md LICENSE)

# Distributions of their own that join the test environment, each with tests in packages/*/tests and
# an extra `test` (and perhaps `torch`). Their tests run apart from each other, with their own pytest settings.
COMPANIONS := $(patsubst %/pyproject.toml,%,$(wildcard packages/*/pyproject.toml))
COMPANION_SOURCES := $(shell find $(COMPANIONS) -type f -path '*/src/*' ! -name '*.pyc' ! -path '*.egg-info*' \
    2>/dev/null | LC_ALL=C sort) $(wildcard packages/*/pyproject.toml)

# Where the package under test may come from: never the source tree.
SHOW_PACKAGE := import flopscope, sys; \
    ok = flopscope.__file__.startswith(sys.prefix); \
    print("flopscope", flopscope.__version__, "from", flopscope.__file__); \
    sys.exit(0 if ok else "the package under test is not the installed one")

.DEFAULT_GOAL := help
.PHONY: help generate generate-from-package run test test-cpp test-python test-packages test-kernels test-asan test-debug mutate-prices bench bench-check bench-instructions lint format types wheel clean FORCE
.DELETE_ON_ERROR:
FORCE:

help: ## list the targets
	@echo "usage: make TARGET [PYTHON=python3.12] [VENV=path]"
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	    | awk -F'|' '{ printf "  %-12s %s\n", $$1, $$2 }'

# --- environments ---------------------------------------------------------------------------

# $(call make_venv,DIR): an environment of the wanted Python version in DIR. One that this file made
# earlier with another version is replaced; anything else that lies there is used as it is.
define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "error: '$(PYTHON)' is missing or older than Python 3.10; try PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "error: '$(PYTHON)' has no venv module; install it (on Debian and Ubuntu the package is" >&2; \
	    echo "       called python3-venv) or name another interpreter, as in PYTHON=python3.12" >&2; exit 1; }
	@want=$$($(PYTHON) -c 'import sys; print(sys.version.split()[0])'); \
	have=$$(cat '$(1)/.made-by-make' 2>/dev/null || true); \
	if [ -n "$$have" ] && [ "$$have" != "$$want" ]; then \
	    echo "==> replacing $(1): Python $$have -> $$want"; rm -rf '$(1)'; fi; \
	if [ ! -x '$(1)/bin/python' ]; then \
	    echo "==> environment $(1) (Python $$want)"; \
	    $(PYTHON) -m venv '$(1)' && echo "$$want" > '$(1)/.made-by-make'; fi
endef

# Runs make_venv only when it is needed: no environment yet, or one of another Python.
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print(sys.version.split()[0])' 2>/dev/null)
$(BUILD_DIR)/python-version.txt: FORCE
	@mkdir -p $(@D)
	@echo '$(PYTHON_VERSION)' | cmp -s - $@ || echo '$(PYTHON_VERSION)' > $@

$(PACKAGE_LIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(PACKAGE_SOURCES) | cmp -s - $@ || printf '%s\n' $(PACKAGE_SOURCES) > $@

INSTALL_DEPS := $(PACKAGE_SOURCES) $(PACKAGE_LIST) $(BUILD_DIR)/python-version.txt

# $(call install,VENV,EXTRA,KIND,OPTIONS): plain `pip install '.[EXTRA]'`. Each kind of build has a
# folder of its own, which is kept: CMake remembers options, and unchanged files need no compiler.
define install
	$(call make_venv,$(1))
	@$(1)/bin/python -m pip install $(PIP_FLAGS) 'pip>=23.1'  # the first that knows -C
	@echo "==> pip install '.[$(2)]' $(4)"
	@$(1)/bin/python -m pip install $(PIP_FLAGS) '.[$(2)]' \
	    -Cbuild-dir='$(abspath $(BUILD_DIR))/package-$(3)/{wheel_tag}' $(4)
	@rm -f $(1)/.installed-*; touch $@
endef

# $(call install_companions,VENV,EXTRA): they are pure Python, so there is nothing to keep between builds.
define install_companions
	@set -e; for package in $(COMPANIONS); do echo "==> pip install './$$package[$(2)]'"; \
	    $(1)/bin/python -m pip install $(PIP_FLAGS) "./$$package[$(2)]"; done; touch $@
endef

# A stamp per kind of installation: one environment may be given several in turn.
$(VENV_RUN)/.installed-run: $(INSTALL_DEPS)
	$(call install,$(VENV_RUN),rich,release,)

$(VENV_TEST)/$(TEST_STAMP): $(INSTALL_DEPS) $(COMPANION_SOURCES)
	$(call install,$(VENV_TEST),$(TEST_EXTRA),release,)
	$(call install_companions,$(VENV_TEST),$(TEST_EXTRA))

$(VENV_BENCH)/.installed-bench: $(INSTALL_DEPS)
	$(call install,$(VENV_BENCH),bench,release,)

$(VENV_ASAN)/.installed-asan: $(INSTALL_DEPS)
	$(call install,$(VENV_ASAN),test,asan,-Ccmake.build-type=Debug -Cinstall.strip=false -Ccmake.define.FLOPSCOPE_SANITIZE=ON)

# Debug also means assertions in the C++ library (CMakeLists.txt defines _GLIBCXX_ASSERTIONS).
$(VENV_DEBUG)/.installed-debug: $(INSTALL_DEPS)
	$(call install,$(VENV_DEBUG),test,debug,-Ccmake.build-type=Debug -Cinstall.strip=false)

# Stubs have the parameter names of one NumPy series; which one, tools/make_stubs.py says.
NUMPY_OF_STUBS := $(shell sed -n 's/^NUMPY_SERIES = "\(.*\)"/\1/p' tools/make_stubs.py)
$(VENV_GENERATE)/.installed-generate: $(INSTALL_DEPS)
	$(call install,$(VENV_GENERATE),test,release,)
	@$(VENV_GENERATE)/bin/python -m pip install $(PIP_FLAGS) 'numpy==$(NUMPY_OF_STUBS).*'

# --- generated files ------------------------------------------------------------------------

# Tables first, since they are compiled into the package that the others look at.
generate: ## write all generated files: tables of the core, stubs, client's names, cost reference, attacks
	@$(PYTHON) tools/make_cost_models.py
	@$(MAKE) --no-print-directory generate-from-package

generate-from-package: $(VENV_GENERATE)/.installed-generate
	@set -e; for name in make_remote_surface make_stubs make_cost_reference make_attack_tables; do \
	    echo "==> tools/$$name.py"; $(VENV_GENERATE)/bin/python tools/$$name.py; done

# --- run ------------------------------------------------------------------------------------

run: $(VENV_RUN)/.installed-run ## install the package and meter three estimators of a random ReLU network
	@$(VENV_RUN)/bin/python examples/estimate_mlp.py $(RUN_ARGS)

# --- tests ----------------------------------------------------------------------------------

# $(call cpp_tests,VENV,BUILD,OPTIONS): configure, build and run the C++ tests. CMake and Ninja come
# from PyPI into VENV when they are not on PATH (or CMake there is too old).
define cpp_tests
	@set -e; venv=$$(cd '$(1)' && pwd); PATH="$$PATH:$$venv/bin"; \
	need=$$(sed -n 's/^cmake_minimum_required(VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt | head -n 1); \
	have=$$(cmake --version 2>/dev/null | sed -n 's/^cmake version \([0-9.]*\).*/\1/p'); \
	if [ -z "$$have" ] || [ "$$(printf '%s\n' "$$need" "$$have" | sort -V | head -n 1)" != "$$need" ]; then \
	    "$$venv/bin/python" -m pip install $(PIP_FLAGS) "cmake>=$$need"; PATH="$$venv/bin:$$PATH"; fi; \
	command -v ninja >/dev/null || "$$venv/bin/python" -m pip install $(PIP_FLAGS) ninja; \
	echo "==> C++ tests ($$(cmake --version | head -n 1))"; mkdir -p '$(2)'; \
	log='$(2)/configure-and-build.log'; \
	{ cmake -S . -B '$(2)' -G Ninja -DCMAKE_MAKE_PROGRAM="$$(command -v ninja)" \
	      -DFLOPSCOPE_BUILD_TESTS=ON -DFLOPSCOPE_BUILD_PYTHON=OFF $(3) && cmake --build '$(2)'; } \
	    > "$$log" 2>&1 || { cat "$$log"; echo "error: the C++ tests do not build"; exit 1; }; \
	ctest --test-dir '$(2)' --output-on-failure
endef

# $(call python_tests,VENV,ENVIRONMENT,ARGUMENTS): pytest on the installed package. `bin/pytest` puts neither
# the clone nor its python/ folder on sys.path; the first line shows what is being tested.
define python_tests
	@echo "==> Python tests"
	@cd $(BUILD_DIR) && $(2) '$(abspath $(1))/bin/python' -c '$(SHOW_PACKAGE)' && '$(abspath $(1))/bin/flopscope' info
	@$(2) $(1)/bin/pytest $(PYTEST_ARGS) $(3) tests
endef

# $(call companion_tests,VENV): status 5 says that PYTEST_ARGS selected none of a package's tests.
define companion_tests
	@set -e; for package in $(COMPANIONS); do echo "==> Python tests of $$package"; status=0; \
	    $(1)/bin/pytest $(PYTEST_ARGS) -c $$package/pyproject.toml --rootdir $$package $$package/tests \
	        || status=$$?; \
	    case $$status in 0|5) ;; *) exit $$status;; esac; done
endef

# NumPy's own tests on the counted functions: two minutes on two cores, so not in the slow builds.
# `make test NUMPY_SUITE=` leaves them out.
NUMPY_SUITE ?= env FLOPSCOPE_NUMPY_SUITE=1

test: $(VENV_TEST)/$(TEST_STAMP) ## run the C++ unit tests, then pytest on the installed package
	$(call cpp_tests,$(VENV_TEST),$(BUILD_DIR)/cpp-tests,-DCMAKE_BUILD_TYPE=Debug)
	$(call python_tests,$(VENV_TEST),$(NUMPY_SUITE))
	$(call companion_tests,$(VENV_TEST))

test-cpp: $(VENV_TEST)/$(TEST_STAMP) ## only the C++ unit tests
	$(call cpp_tests,$(VENV_TEST),$(BUILD_DIR)/cpp-tests,-DCMAKE_BUILD_TYPE=Debug)

test-python: $(VENV_TEST)/$(TEST_STAMP) ## only pytest
	$(call python_tests,$(VENV_TEST),$(NUMPY_SUITE))
	$(call companion_tests,$(VENV_TEST))

test-packages: $(VENV_TEST)/$(TEST_STAMP) ## only pytest of the packages beside flopscope
	$(call companion_tests,$(VENV_TEST))

KERNELS_ARGS ?=
test-kernels: $(VENV_TEST)/$(TEST_STAMP) ## tests that compare bits, under the BLAS kernels of other processors
	@$(VENV_TEST)/bin/python tools/test_kernels.py $(KERNELS_ARGS)

MUTATE_ARGS ?=
mutate-prices: $(VENV_TEST)/$(TEST_STAMP) ## change every detail of the prices in turn, and see a test fail
	@$(VENV_TEST)/bin/python tools/mutate_prices.py $(MUTATE_ARGS)

# The interpreter itself is not instrumented, so the sanitizer's library is loaded before it, and
# the C++ library too: otherwise exceptions of the extension are not intercepted. CPython keeps
# some memory until the end of the process, hence no leak report; malloc instead of its pools
# lets the sanitizer see every object.
CXX_FOR_ASAN := $(if $(filter default,$(origin CXX)),g++,$(CXX))
ASAN_PRELOAD = $(shell $(CXX_FOR_ASAN) -print-file-name=libasan.so):$(shell $(CXX_FOR_ASAN) -print-file-name=libstdc++.so)
ASAN_ENV = env LD_PRELOAD="$(ASAN_PRELOAD)" PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:strict_string_checks=1:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# Without --capture=sys a report would end in a file that pytest cannot show any more.

test-asan: $(VENV_ASAN)/.installed-asan ## all tests on an address+undefined sanitizer build
	$(call cpp_tests,$(VENV_ASAN),$(BUILD_DIR)/cpp-tests-asan,-DCMAKE_BUILD_TYPE=Debug -DFLOPSCOPE_SANITIZE=ON)
	$(call python_tests,$(VENV_ASAN),$(ASAN_ENV),--capture=sys)

test-debug: $(VENV_DEBUG)/.installed-debug ## all tests on a Debug build with library assertions
	$(call cpp_tests,$(VENV_DEBUG),$(BUILD_DIR)/cpp-tests,-DCMAKE_BUILD_TYPE=Debug)
	$(call python_tests,$(VENV_DEBUG),)

# --- benchmarks -----------------------------------------------------------------------------

bench: $(VENV_BENCH)/.installed-bench ## paired ratios counted/NumPy, whole estimators, then the pytest-benchmark groups
	@$(VENV_BENCH)/bin/python benchmarks/ratios.py --reference --json $(BUILD_DIR)/ratios.json
	@$(VENV_BENCH)/bin/python benchmarks/chart.py $(BUILD_DIR)/ratios.json $(BUILD_DIR)/overhead.png
	@$(VENV_BENCH)/bin/python benchmarks/estimators.py --reference --json $(BUILD_DIR)/estimators.json
	@$(VENV_BENCH)/bin/python benchmarks/contractions.py || true
	@$(VENV_BENCH)/bin/python benchmarks/remote.py --json $(BUILD_DIR)/remote.json
	@$(VENV_BENCH)/bin/python benchmarks/inference_figures.py --json $(BUILD_DIR)/inference.json
	@$(VENV_BENCH)/bin/pytest benchmarks -q --benchmark-only --benchmark-columns=min,median,rounds \
	    --benchmark-group-by=group --benchmark-sort=fullname $(BENCH_ARGS)

bench-check: $(VENV_BENCH)/.installed-bench ## fail when a ratio counted/NumPy has grown beyond noise
	@$(VENV_BENCH)/bin/python benchmarks/check.py

bench-instructions: $(VENV_BENCH)/.installed-bench ## instructions of ten hot operations (needs valgrind)
	@$(VENV_BENCH)/bin/python benchmarks/instructions.py --json $(BUILD_DIR)/instructions.json --check

# --- tools ----------------------------------------------------------------------------------

# The versions of the tools are pinned in one place, .pre-commit-config.yaml.
$(VENV_TOOLS)/.installed-tools: $(BUILD_DIR)/python-version.txt
	$(call make_venv,$(VENV_TOOLS))
	@$(VENV_TOOLS)/bin/python -m pip install $(PIP_FLAGS) 'pre-commit==4.7.0' 'build==1.6.1'
	@touch $@

lint: $(VENV_TOOLS)/.installed-tools ## check style and types of every tracked file
	@$(VENV_TOOLS)/bin/pre-commit run --all-files

format: $(VENV_TOOLS)/.installed-tools ## rewrite tracked files with ruff and clang-format
	@for hook in ruff ruff-format clang-format; do \
	    $(VENV_TOOLS)/bin/pre-commit run $$hook --all-files || true; done

types: $(VENV_TOOLS)/.installed-tools ## check types with mypy
	@$(VENV_TOOLS)/bin/pre-commit run mypy --all-files --verbose

wheel: $(VENV_TOOLS)/.installed-tools ## build sdist and wheel into dist/, try the wheel in an empty folder
	@rm -rf dist $(BUILD_DIR)/wheel-check
	@$(VENV_TOOLS)/bin/python -m build --outdir dist
	@$(PYTHON) -m venv $(BUILD_DIR)/wheel-check/venv
	@$(BUILD_DIR)/wheel-check/venv/bin/python -m pip install $(PIP_FLAGS) dist/*.whl
	@mkdir $(BUILD_DIR)/wheel-check/empty
	@cd $(BUILD_DIR)/wheel-check/empty && ../venv/bin/python '$(abspath examples/quickstart.py)'
	@ls -l dist

clean: ## remove everything that the other targets made
	@rm -rf $(BUILD_DIR) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks \
	    packages/*/.pytest_cache packages/*/.mypy_cache packages/*/.ruff_cache packages/*/.hypothesis
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
