# `make parity` and `make test` each work alone on a fresh machine with Python 3.11 and pip.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What `make golden` records and then checks without TensorFlow: all of gMVP, gradients too.
GOLDEN ?= --grad

.PHONY: setup parity golden test test-slow bench-data bench-train bench-epoch bench-coevolution bench-finalize bench-score lint format clean

setup: $(READY)

# Anew whenever what is pinned or declared changes; the stamp is written last, so that an
# interrupted set-up is never taken for a finished one.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) on the PATH; install Python 3.11, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[torch,tensorflow,onnx,tf2onnx,report,fuzz,train,score,dev]'
	@touch $(READY)

parity: setup
	$(BIN)/parity check

# The same twice: the reference recorded, then its port checked where importing TensorFlow fails.
golden: setup
	@mkdir -p build
	$(BIN)/parity record $(GOLDEN) -o build/golden
	PYTHONPATH=tests/without_tensorflow $(BIN)/parity check $(GOLDEN) --golden build/golden

test: setup
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: setup
	$(BIN)/python -m pytest -m slow

bench-data: setup
	$(BIN)/python -m benchmarks.bench_data

bench-train: setup
	$(BIN)/python -m benchmarks.bench_train

bench-epoch: setup
	$(BIN)/python -m benchmarks.bench_epoch

bench-score: setup
	$(BIN)/python -m benchmarks.bench_score

bench-coevolution: setup
	$(BIN)/python -m benchmarks.bench_coevolution

bench-finalize: setup
	$(BIN)/python -m benchmarks.bench_finalize

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
