# 着落. Needs python3 >= 3.11 (with venv) and make; everything else goes into .venv.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Switches for a shorter test run: make test TESTS=tests/services WORKERS=4 PYTEST_ARGS=-x
TESTS ?=
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run test check bench clean

help: ## 显示这些说明 / show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## 只安装，装进 .venv / set up .venv

run: $(STAMP) ## 启动，带示例社区 / start with a sample community, open http://127.0.0.1:8000
	@ZHUOLUO_DEMO__ENABLED=$${ZHUOLUO_DEMO__ENABLED:-true} $(BIN)/zhuoluo run

test: check ## 全部测试 / every check and test
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m "not alone" $(PYTEST_ARGS) $(TESTS)
ifeq ($(TESTS),)
	$(BIN)/pytest -q $(PYTEST_ARGS) tests/chaos
endif

check: $(STAMP) ## 静态检查 / ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## 性能与耐久 / figures for docs/benchmarks.md
	$(BIN)/python -m bench $(BENCH_ARGS)

clean: ## 删除 .venv 和缓存，不动数据 / remove .venv and caches, keep var/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "需要 Python 3.11 或更新的版本，并带有 venv（Debian/Ubuntu: apt install python3-venv）。" >&2; \
	  echo "Python 3.11 or newer with venv is needed. Another one can be named: make PYTHON=python3.12 …" >&2; \
	  exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" -c constraints.txt
	@touch $@
