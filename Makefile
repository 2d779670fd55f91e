# Everything a clone needs. Python >= 3.11 with venv, git and make are enough to begin.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

help:                 ## Show this.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ivrflow needs Python 3.11 or later; name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "making the virtual environment failed; on Debian: apt install python3-venv"; exit 1; }
	@echo "installing ivrflow into .venv (a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,demo]'
	@touch $@

install: $(STAMP)     ## Make .venv with .venv/bin/ivrflow.

demo: install         ## Play four real calls on a private Asterisk.
	@$(BIN)/ivrflow demo

run: install          ## Keep the demo's set-up running for your own softphone.
	@$(BIN)/ivrflow demo --stay

check: install        ## Format, lint, types, imports, the sample site.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ivrflow check flows/hotline
	$(BIN)/python -m ivrflow.flow.reference --check docs/reference
	$(BIN)/python -m ivrflow.config.reference --check docs/reference
	$(BIN)/python -m ivrflow.metrics.reference --check docs/reference
	$(BIN)/python -m ivrflow.doctor.reference --check docs/reference
	$(BIN)/python -m ivrflow.cli.reference --check docs/reference

reference: install    ## Write docs/reference and the README's picture again.
	$(BIN)/python -m ivrflow.flow.reference docs/reference
	$(BIN)/python -m ivrflow.config.reference docs/reference
	$(BIN)/python -m ivrflow.metrics.reference docs/reference
	$(BIN)/python -m ivrflow.doctor.reference docs/reference
	$(BIN)/python -m ivrflow.cli.reference docs/reference
	$(BIN)/ivrflow draw flows/hotline --language en -o docs/hotline.svg

bench: install        ## Measure loading and the engine beside their goals.
	$(BIN)/python -m bench.compile
	$(BIN)/python -m bench.engine
	$(BIN)/python -m bench.talks
	$(BIN)/python -m bench.acd
	$(BIN)/python -m bench.desk
	$(BIN)/python -m bench.simulate
	$(BIN)/python -m bench.estimate
	$(BIN)/python -m bench.report
	$(BIN)/python -m bench.start

mutate: install       ## Change the seven sites place by place: who notices? Some minutes.
	$(BIN)/ivrflow test --mutate flows

test: install         ## All tests, those on the real Asterisk included.
	$(BIN)/ivrflow asterisk fetch
	-$(BIN)/ivrflow sounds fetch espeak-ng   # without it one test is skipped
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not asterisk and not alone and not floor and not faults and not hearing"
	$(BIN)/python -m pytest -q -n 4 --dist loadfile -m "asterisk and not alone and not floor and not faults and not hearing"   # they mostly wait for sound
	$(BIN)/ivrflow test flows

# Two at once in the short form: its tests mostly wait, and those that may not be
# disturbed wait for each other (tests/faults/conftest.py). Bytecode is kept, as by a service:
# who compiles everything at each start takes two seconds more for it.
faults: install       ## Kill and hurt the service. SHORT=1: 13 minutes; ONLY=f01 RATE=20: F1 at 20 calls/s.
	$(BIN)/ivrflow asterisk fetch
	env -u PYTHONDONTWRITEBYTECODE SHORT=$(SHORT) SCALE=$(SCALE) RATE=$(RATE) $(BIN)/python -m pytest -v -s $(if $(filter-out 0,$(SHORT)),-n 2 --dist load --maxschedchunk 1) tests/faults $(if $(ONLY),-k '$(ONLY)') $(if $(REPORT),--faults-report $(REPORT))

deb: package          ## A package for the Debian that this is, with all in it: minutes.
	$(BIN)/python packaging/make_deb.py dist/*.whl dist

package: install      ## Build wheel and sdist, and try each in an empty environment: minutes.
	$(BIN)/python packaging/try_packages.py dist

site: install         ## The pages as a site, in build/site; needs the extra `docs`.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/sphinx-build -W --keep-going -q -c packaging/site . build/site

hearing: install      ## What callers say, written down by Whisper: fetches 200 MB, once; a minute.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[stt]'
	$(BIN)/ivrflow asterisk fetch
	$(BIN)/ivrflow sounds fetch whisper-base
	$(BIN)/python -m pytest -q -m hearing

floor: install        ## What needs the machine for itself: 500 robot callers, 20 robot agents, floods; 4 minutes.
	$(BIN)/ivrflow asterisk fetch
	$(BIN)/python -m pytest -q -m "(floor or alone) and not faults"

.PHONY: deb help install demo run check reference bench faults floor hearing mutate package site test
