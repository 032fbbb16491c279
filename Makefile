# Each command does its own set-up: system packages (tools/set_up.py), a virtual environment in .venv, Python packages.
# Pass options on with ARGS:  make demo ARGS="--seconds 20"     make test ARGS="-k page"
SHELL := /bin/bash
PY := .venv/bin/python
ARGS ?=
# No display of its own and nobody at the keyboard: run the scene once, without the page.
HEADLESS ?= $(if $(filter true,$(CI)),1,)

.PHONY: help demo test core-test benchmark lint docs doctor setup clean

help:
	@echo "make demo       a robot greets a visitor (HEADLESS=1: no page, results in out/demo)"
	@echo "make test       all tests             make core-test  those without browser and whole scenes"
	@echo "make benchmark  one table of figures  make lint       ruff and mypy"
	@echo "make docs       write docs/settings.md  make doctor     what is installed"
	@echo "make clean      remove .venv, build and out"

demo:
	@tools/set_up demo
	@$(PY) -m gesture_robot.cli demo $(if $(HEADLESS),--headless --out out/demo,) $(ARGS)

test:
	@tools/set_up demo test
	@$(PY) -m pytest $(ARGS)

core-test:
	@tools/set_up demo test
	@$(PY) -m pytest -m "not slow and not browser and not ros" $(ARGS)

benchmark:
	@tools/set_up demo test
	@$(PY) -m benchmark.run $(ARGS)

lint:
	@tools/set_up demo test
	@$(PY) -m ruff check gesture_robot test benchmark tools setup.py
	@$(PY) -m mypy

docs:
	@tools/set_up demo test
	@$(PY) tools/write_settings.py

doctor:
	@tools/set_up demo
	@$(PY) -m gesture_robot.cli doctor $(ARGS)

setup:
	@tools/set_up demo test

clean:
	rm -rf .venv build dist out *.egg-info
