# Everything one does with this repository. `make run` and `make test` need Rust and nothing else; `make browser` also Node.js
# and Chromium, the rest Python 3.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test browser lint bench build deploy

# The AWS tools want a region, and say where they were used, also where neither matters.
export AWS_DEFAULT_REGION ?= us-east-1
export SAM_CLI_TELEMETRY := 0

SAM := .venv/sam/bin/sam
CFN_LINT := .venv/cfn-lint/bin/cfn-lint
BROWSER_TESTS := crates/cli/tests/browser
CHROMIUM ?= /usr/bin/chromium
# Found by cargo, and by sam, as the command `cargo lambda`.
CARGO_LAMBDA := PATH="$(CURDIR)/.venv/cargo-lambda/bin:$$PATH"

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run everything on this machine; options in ARGS="--port 4000"
	cargo run --quiet --package counterfoil-cli -- dev $(ARGS)

test: ## Run all tests
	cargo test --workspace --no-fail-fast

browser: $(BROWSER_TESTS)/node_modules $(CHROMIUM) ## Run the tests in a real browser: a partner's page against all of it
	cargo build --quiet --package counterfoil-cli
	COUNTERFOIL="$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/counterfoil" CHROMIUM="$(CHROMIUM)" npm --prefix $(BROWSER_TESTS) test

$(BROWSER_TESTS)/node_modules: $(BROWSER_TESTS)/package-lock.json
	npm --prefix $(BROWSER_TESTS) ci --no-audit --no-fund
	touch $@

# Debian's; elsewhere CHROMIUM names the one that is there.
$(CHROMIUM):
	apt-get update && apt-get install --yes --no-install-recommends chromium

lint: .venv/sam/stamp .venv/cfn-lint/stamp ## Check format, code and template
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	$(SAM) validate --lint
	$(CFN_LINT) template.yaml

# Each build apart: together they would share their features, and what is deployed is built alone.
bench: ## Measure a token read, a refresh and the start of a function
	cargo build --release --package counterfoil-functions --bins
	cargo build --release --package counterfoil-testkit --bin noop_lambda
	cargo run --quiet --release --package counterfoil-functions --example figures

build: .venv/cargo-lambda/stamp ## Build the functions for Lambda, as sam does, into target/lambda
	$(CARGO_LAMBDA) cargo lambda build --release --arm64 --package counterfoil-functions --bins

deploy: .venv/sam/stamp .venv/cargo-lambda/stamp ## Build and deploy to AWS, asking for the parameters
	$(CARGO_LAMBDA) $(SAM) build
	$(SAM) deploy --guided

.venv/sam/stamp: PACKAGE := aws-sam-cli==1.170.0
.venv/cfn-lint/stamp: PACKAGE := cfn-lint==1.58.0
.venv/cargo-lambda/stamp: PACKAGE := cargo-lambda==1.9.2

# An environment of its own for each tool: their dependencies need not agree. The stamp says that one is complete.
.venv/%/stamp: Makefile
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(PACKAGE)
	touch $@
