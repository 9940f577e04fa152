# Everything runs from here: make demo, make test, make check. Each target installs what it needs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
# compiled once, a start takes a third of the time; some machines forbid it by default
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
RUN := $(BIN)/python
DJANGO := ZHIYIN_HOME=$(CURDIR)/build/home DJANGO_SETTINGS_MODULE=zhiyin.config.settings $(CURDIR)/$(RUN) -P -W ignore -m django
ASSETS := zhiyin/web/static/zhiyin/manifest.json
MESSAGES := zhiyin/locale/zh_Hans/LC_MESSAGES/django.mo
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
PARTS := chromium fonts-noto-cjk gettext libharfbuzz-subset0 libpangoft2-1.0-0 postgresql-15

.PHONY: demo test test-fast check audit openapi bench screenshots test-parts wheel lock format messages clean

demo: .venv/ready $(ASSETS) $(MESSAGES)  ## the product with a demo company; prints address and logins
	$(BIN)/zhiyin demo

test: .venv/ready $(ASSETS) $(MESSAGES)  ## every test
	npm test --silent
	$(RUN) -m pytest -n 2 --dist loadfile

test-fast: .venv/ready $(ASSETS) $(MESSAGES)  ## without browser and long tests
	$(RUN) -m pytest -n 2 --dist loadfile -m "not e2e and not slow"

check: .venv/ready node_modules/ready  ## format, lint, types, layers, migrations, templates, translations, dead code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy zhiyin tests bench
	$(BIN)/djlint --quiet --lint zhiyin/web/templates
	$(DJANGO) makemigrations --check --dry-run
	$(BIN)/vulture
	$(RUN) -m tests.checks
	npm run --silent check
	$(MAKE) --no-print-directory audit

audit: .venv/ready  ## known faults in what we depend on, where the registries answer
	-$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock --progress-spinner off
	-npm audit --omit=dev

openapi: .venv/ready  ## docs/api/openapi.json anew; refuses a breaking change without a new version
	$(RUN) -m tests.checks openapi

bench: .venv/ready $(ASSETS)  ## each benchmark beside its peer; minutes to an hour
	for file in btyd rfm imports pages scoped fields board funnel bulk start audit duplicates; do $(RUN) -m bench.$$file; done

screenshots: .venv/ready $(ASSETS) $(MESSAGES)  ## the main pages, both languages and widths, in build/screenshots
	$(RUN) -m tests.e2e.screenshots

test-parts:  ## what tests need beyond Python and Node, where the machine has apt
	if command -v apt-get >/dev/null; then \
	  there=$$({ dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(PARTS) 2>/dev/null || true; } | awk '$$2 == "installed" {print $$1}'); \
	  want=$$(comm -23 <(tr ' ' '\n' <<<"$(PARTS)" | sort) <(sort <<<"$$there")); \
	  if [ -n "$$want" ]; then \
	    $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -yq --no-install-recommends $$want; \
	  fi; \
	else echo "no apt-get here: install $(PARTS) yourself"; fi

wheel: .venv/ready $(ASSETS) $(MESSAGES)  ## dist/zhiyin-*.whl with its built pages
	rm -rf dist && $(UV) build --wheel --quiet

lock: .venv/ready  ## renew the lock files from pyproject.toml and package.json
	$(UV) pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile -q --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements-dev.lock
	npm install --package-lock-only

format: .venv/ready node_modules/ready
	$(BIN)/ruff format . && $(BIN)/ruff check --fix-only . && npx biome check --write

messages: .venv/ready  ## collect strings to translate (needs gettext)
	cd zhiyin && $(DJANGO) makemessages -l zh_Hans --no-location --no-obsolete

clean:
	rm -rf build dist .venv node_modules zhiyin/web/static

.venv/ready: requirements-dev.lock pyproject.toml
	[ -x $(RUN) ] || $(PYTHON) -m venv .venv
	[ -x $(UV) ] || $(RUN) -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip install --quiet --python $(RUN) --require-hashes -r requirements-dev.lock
	$(UV) pip install --quiet --python $(RUN) --no-deps --no-build-isolation -e .
	touch $@

node_modules/ready: package-lock.json
	npm ci --no-fund --no-audit --loglevel error
	touch $@

$(ASSETS): node_modules/ready vite.config.ts $(shell find zhiyin/web/assets -type f 2>/dev/null)
	npm run --silent build
	touch $@

%.mo: %.po .venv/ready
	$(RUN) -c "import polib, sys; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])" $< $@
