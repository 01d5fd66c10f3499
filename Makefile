# `make parity` and `make test` each work alone on a fresh machine with Python 3.11 and pip.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OLDEST := build/oldest
# What `make golden` records and then checks without TensorFlow: all of gMVP, gradients included.
GOLDEN ?= --grad
MUTATE ?=
# Processes of a check; each takes about 2 GB.
JOBS ?= 2
ZOO ?=
BENCHMARKS := bench-data bench-train bench-epoch bench-score bench-predict bench-coevolution bench-finalize bench-tables bench-init bench-waiting

.PHONY: setup parity mutate golden test test-slow test-exhaustive test-wheel test-oldest zoo $(BENCHMARKS) lint format clean

setup: $(READY)

# Runs again whenever a declared or pinned version changes. The stamp is written last, so that an
# interrupted set-up never counts as finished.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) on the PATH; install Python 3.11, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[torch,tensorflow,onnx,tf2onnx,report,fuzz,gmvp,train,score,dev]'
	@touch $(READY)

# On the proteins that ship with the port, then on random inputs, of any residue and any number.
parity: setup
	$(BIN)/parity check --jobs $(JOBS)
	$(BIN)/parity check --jobs $(JOBS) --inputs random --records 4 --no-coverage

# Every known bug that gMVP and the example ports allow, planted one at a time: each must be caught.
# MUTATE="--limit 100 --seed 2" plants a part of gMVP's.
mutate: setup
	$(BIN)/parity mutate gmvp --jobs $(JOBS) $(MUTATE)
	@cd examples/ports && for port in conv_net keras3_gate lstm_tagger transformer_block; do \
	    echo "$$port.py" && $(CURDIR)/$(BIN)/parity mutate $$port.py || exit 1; done

# Records the reference, then checks its port where importing TensorFlow fails.
golden: setup
	@mkdir -p build
	$(BIN)/parity record $(GOLDEN) -o build/golden
	PYTHONPATH=tests/without_tensorflow $(BIN)/parity check $(GOLDEN) --golden build/golden

test: setup
	$(BIN)/python -m pytest -n 2 -m "not slow and not exhaustive"

test-slow: setup
	$(BIN)/python -m pytest -n 2 -m "slow and not exhaustive"

test-exhaustive: setup
	$(BIN)/python -m pytest -n 2 -m exhaustive

# The built wheel in an empty environment, with the checker's own dependencies and then with torch.
test-wheel: setup
	$(BIN)/python tests/packaging/check_wheel.py

# The tutorial with the oldest TensorFlow and numpy that pyproject.toml allows, in their own environment.
test-oldest:
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint tests/packaging/oldest.txt '.[torch,tensorflow]' pytest hypothesis
	$(OLDEST)/bin/python -m pytest tests/docs/test_tutorial.py

# Published pairs, each through `parity init` and `parity check`, in environments under build/zoo.
# ZOO="bert vit" tries some of them.
zoo: setup
	$(BIN)/python -m zoo $(ZOO)

# bench-NAME runs benchmarks/bench_NAME.py.
$(BENCHMARKS): bench-%: setup
	$(BIN)/python -m benchmarks.bench_$*

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
