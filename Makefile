# Each command does its own set-up: system packages (tools/set_up.py), a virtual environment in .venv, Python packages.
# Pass options on with ARGS:  make demo ARGS="--seconds 20"     make test ARGS="-k page"
SHELL := /bin/bash
PY := .venv/bin/python
ARGS ?=
# No display of its own and nobody at the keyboard: run the scene once, without the page.
HEADLESS ?= $(if $(filter true,$(CI)),1,)

.PHONY: help demo test core-test benchmark lint docs ros doctor setup clean

help:
	@echo "make demo       a robot greets a visitor (HEADLESS=1: no page, results in out/demo)"
	@echo "make test       all tests             make core-test  those without browser and whole scenes"
	@echo "make benchmark  one table of figures  make lint       ruff and mypy"
	@echo "make ros        ROS 2 in .venv: the nodes run with 'gesture_robot demo --ros' (Linux on x86_64, needs g++)"
	@echo "make docs       write docs/settings.md and config/params.yaml    make doctor   what is installed"
	@echo "make clean      remove .venv, build and out"

demo:
	@tools/set_up demo
	@$(PY) -m gesture_robot.cli demo $(if $(HEADLESS),--headless --out out/demo,) $(ARGS)

test:
	@tools/set_up demo test ros
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not ros" $(ARGS) || [ $$? -eq 5 ]
	@$(PY) -m pytest -n 3 --dist loadfile -m "ros and not slow" $(ARGS) || [ $$? -eq 5 ]
	@$(PY) -m pytest -m "ros and slow" $(ARGS) || [ $$? -eq 5 ]

core-test:
	@tools/set_up demo test
	@$(PY) -m pytest -m "not slow and not browser and not ros" $(ARGS)

benchmark:
	@tools/set_up demo test ros
	@$(PY) -m benchmark.run $(ARGS)

lint:
	@tools/set_up demo test
	@$(PY) -m ruff check gesture_robot test benchmark tools launch setup.py
	@$(PY) -m mypy

docs:
	@tools/set_up demo test
	@$(PY) tools/write_settings.py
	@$(PY) tools/write_params.py
	@$(PY) tools/write_gazebo.py
	@$(PY) tools/write_visitor.py

ros:
	@tools/set_up demo ros

doctor:
	@tools/set_up demo
	@$(PY) -m gesture_robot.cli doctor $(ARGS)

setup:
	@tools/set_up demo test ros

clean:
	rm -rf .venv build dist out *.egg-info
