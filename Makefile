# `make` alone says what there is. Variables of the README's table may be given after the target:
# make run DEMO=0 LISTEN=0.0.0.0:8080

# What follows the target stands in the list of processes, for every user of the machine.
SECRETS := ADMIN_PASSWORD DATABASE_URL METRICS_TOKEN REDIS_URL SECRET_KEYS SMTP_URL
shown = $(filter command,$(origin $(1)))
open_urls := $(foreach name,DATABASE_URL REDIS_URL SMTP_URL,$(if $(findstring @,$($(name))),,$(name)))
told := $(strip $(foreach name,$(filter-out $(open_urls),$(SECRETS)),$(if $(call shown,$(name)),$(name))))
ifneq ($(told),)
$(error $(firstword $(told)) after "make run" is shown to every user of this machine. Put the value into a file that only you may read, and say $(firstword $(told))_FILE=/path/to/it instead)
endif

VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help run test check bench lock

help:
	@echo 'make run     start Mailhaul with its workers and the demo; Ctrl-C stops everything'
	@echo 'make test    install what the tests need, then run all of them'
	@echo 'make check   format, lint, types, and the rules of the house'
	@echo 'make bench   copy a generated corpus between two Dovecots and compare every message'
	@echo 'make lock    pin requirements*.in again into requirements*.txt'

run: $(VENV)/run.stamp
	@exec $(BIN)/python -m launch

test: $(VENV)/dev.stamp
	$(BIN)/python -m launch.packages dovecot chromium cc curl postgres cyrus courier redis
	$(BIN)/python -m pytest -n 4

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house

bench: $(VENV)/run.stamp
	$(BIN)/python -m launch.packages dovecot mbsync
	IMAPSYNC='$(IMAPSYNC)' $(BIN)/python -m bench $(addprefix --case ,$(CASE))

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header requirements-dev.in -o requirements-dev.txt

$(VENV)/run.stamp: requirements.txt
	@launch/install.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@launch/install.sh $(VENV) requirements-dev.txt
	@touch $@
