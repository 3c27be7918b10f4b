# Everything one does with this repository. `make run` and `make test` need Rust and nothing else; `make browser` also Node.js
# and Chromium, `make webhooks` and `make conductor` Node.js and Python 3, `make conformance` Node.js, Java and Python 3, the rest Python 3.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test conformance browser webhooks conductor schemathesis lint bench build deploy exports

export SAM_CLI_TELEMETRY := 0
# sam reads the one, the command line tools of others the other.
ifdef AWS_REGION
export AWS_DEFAULT_REGION := $(AWS_REGION)
endif

SAM := .venv/sam/bin/sam
CFN_LINT := .venv/cfn-lint/bin/cfn-lint
# Kept outside of the clone: it is built from source, a minute's work on two cores.
CARGO_MACHETE_ROOT := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/counterfoil/cargo-machete-0.9.2
CARGO_MACHETE := $(CARGO_MACHETE_ROOT)/bin/cargo-machete
BROWSER_TESTS := crates/cli/tests/browser
CONDUCTOR_TESTS := crates/cli/tests/conductor
SCHEMATHESIS_TESTS := crates/cli/tests/schemathesis
WEBHOOK_TESTS := crates/webhooks/tests/standardwebhooks
SIGNED_REQUESTS := $(abspath $(or $(CARGO_TARGET_DIR),target))/tmp/signed-requests.json
CHROMIUM ?= /usr/bin/chromium
DYNAMODB_LOCAL := .venv/dynamodb-local
DYNAMODB_LOCAL_SHA512 := c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1
JAVA ?= /usr/bin/java
# Found by cargo, and by sam, as the command `cargo lambda`.
CARGO_LAMBDA := PATH="$(CURDIR)/.venv/cargo-lambda/bin:$$PATH"

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run everything on this machine; options in ARGS="--port 4000"
	cargo run --quiet --package counterfoil-cli -- dev $(ARGS)

test: ## Run all tests
	cargo test --workspace --no-fail-fast

conformance: $(DYNAMODB_LOCAL)/stamp $(JAVA) ## Run the store's tests against Amazon's DynamoDB Local
	python3 crates/store/tests/conformance.py $(JAVA) $(DYNAMODB_LOCAL)

browser: $(BROWSER_TESTS)/node_modules $(CHROMIUM) ## Run the tests in a real browser: a partner's page against all of it
	cargo build --quiet --package counterfoil-cli
	COUNTERFOIL="$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/counterfoil" CHROMIUM="$(CHROMIUM)" npm --prefix $(BROWSER_TESTS) test

$(BROWSER_TESTS)/node_modules $(CONDUCTOR_TESTS)/node_modules $(WEBHOOK_TESTS)/node_modules: %/node_modules: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund
	touch $@

# The libraries refuse a signature that is older than five minutes.
webhooks: $(WEBHOOK_TESTS)/node_modules .venv/standardwebhooks/stamp ## Verify signed webhooks with the published libraries for Node.js and Python
	cargo test --quiet --package counterfoil-webhooks --test it published:: > /dev/null
	SIGNED_REQUESTS=$(SIGNED_REQUESTS) npm --prefix $(WEBHOOK_TESTS) test
	.venv/standardwebhooks/bin/python $(WEBHOOK_TESTS)/verify.py $(SIGNED_REQUESTS)

conductor: $(CONDUCTOR_TESTS)/node_modules .venv/conductor/stamp ## Run the clients of Conductor, unchanged, against QuickBooks Desktop behind all of it
	cargo build --quiet --package counterfoil-cli
	.venv/conductor/bin/python -B $(CONDUCTOR_TESTS)/run.py "$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/counterfoil"

schemathesis: .venv/schemathesis/stamp ## Send what the OpenAPI document allows, and what it forbids, to all of it
	cargo build --quiet --package counterfoil-cli
	.venv/schemathesis/bin/python $(SCHEMATHESIS_TESTS)/run.py "$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/counterfoil" $(abspath .venv/schemathesis/bin/schemathesis)

# Debian's; elsewhere CHROMIUM and JAVA name those that are there.
$(CHROMIUM):
	apt-get update && apt-get install --yes --no-install-recommends chromium

$(JAVA):
	apt-get update && apt-get install --yes --no-install-recommends default-jre-headless

# Of the npm package that ships it, without the packages that this one depends on.
$(DYNAMODB_LOCAL)/stamp: Makefile
	rm -rf $(@D)
	mkdir -p $(@D)
	npm pack --silent --pack-destination $(@D) amplify-dynamodb-simulator@2.9.30
	echo "$(DYNAMODB_LOCAL_SHA512) $(@D)/amplify-dynamodb-simulator-2.9.30.tgz" | sha512sum --check --status
	tar --extract --gzip --file $(@D)/*.tgz --directory $(@D) --strip-components 2 package/emulator
	rm $(@D)/*.tgz
	touch $@

# Nothing of AWS is asked, yet sam wants a region.
lint: export AWS_DEFAULT_REGION ?= us-east-1
lint: .venv/sam/stamp .venv/cfn-lint/stamp $(CARGO_MACHETE) ## Check format, code and template
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	$(CARGO_MACHETE) --with-metadata
	$(SAM) validate --lint
	$(CFN_LINT) template.yaml

# Each build apart: together they would share their features, and what is deployed is built alone.
bench: ## Measure token reads, refreshes, imports, webhooks, QuickBooks Desktop and the start of a function
	cargo build --release --package counterfoil-functions --bins
	cargo build --release --package counterfoil-testkit --bin noop_lambda
	cargo run --quiet --release --package counterfoil-functions --example figures

build: .venv/cargo-lambda/stamp ## Build the functions for Lambda, as sam does, into target/lambda
	$(CARGO_LAMBDA) cargo lambda build --release --arm64 --package counterfoil-functions --bins

STACK ?= counterfoil
# The role that CloudFormation takes on, where whoever deploys has not the rights of the stack (docs/deploy.md).
ROLE_ARN ?=
# What `make deploy` may be given, and the template's parameter of each. One that is not given stays as it is deployed.
PARAMETERS := PUBLIC_BASE_URL:PublicBaseUrl OPEN_START:OpenStart SHOW_DOCS:ShowDocs FRESHNESS:Freshness AUDIT_RETENTION_DAYS:AuditRetentionDays ALARM_EMAIL:AlarmEmail \
	EXISTING_TABLE_NAME:ExistingTableName EXISTING_TABLE_STREAM_ARN:ExistingTableStreamArn EXISTING_KEYRING_ARN:ExistingKeyringArn KEYRING_REPLICA_REGION:KeyringReplicaRegion \
	FUNCTION_MEMORY:FunctionMemory REFRESHER_MEMORY:RefresherMemory REFRESHER_SCHEDULES:RefresherSchedules REFRESHES_AT_ONCE:RefreshesAtOnce REFRESHER_STATE:RefresherState \
	KEYLESS_REQUESTS_PER_SECOND:KeylessRequestsPerSecond DISABLE_EXECUTE_API_ENDPOINT:DisableExecuteApiEndpoint \
	START_CONCURRENCY:StartConcurrency TOKEN_CONCURRENCY:TokenConcurrency REFRESHER_CONCURRENCY:RefresherConcurrency DESKTOP_CONCURRENCY:DesktopConcurrency \
	GRADUAL_DEPLOY:GradualDeploy
KNOWN := STACK ROLE_ARN $(foreach pair,$(PARAMETERS),$(firstword $(subst :, ,$(pair))))
# From the command line alone: what an environment holds may be another installation's.
GIVEN := $(foreach assignment,$(MAKEOVERRIDES),$(firstword $(subst =, ,$(assignment))))
override_of = $(if $(filter $1,$(GIVEN)),'$2="$($1)"')
OVERRIDES = $(strip $(foreach pair,$(PARAMETERS),$(call override_of,$(firstword $(subst :, ,$(pair))),$(lastword $(subst :, ,$(pair))))))

ifneq ($(and $(filter deploy,$(MAKECMDGOALS)),$(filter-out $(KNOWN),$(GIVEN))),)
$(error make deploy knows no $(filter-out $(KNOWN),$(GIVEN)), but $(KNOWN))
endif

deploy: .venv/sam/stamp .venv/cargo-lambda/stamp ## Build and deploy to AWS: make deploy OPEN_START=false ALARM_EMAIL=…
	@.venv/sam/bin/python -c "$$HAS_REGION"
	$(CARGO_LAMBDA) $(SAM) build
	release=$$({ cat template.yaml .aws-sam/build/*/bootstrap; echo $(OVERRIDES); } | $(SHA256) | cut -c 1-16); \
	$(SAM) deploy --stack-name $(STACK) $(if $(ROLE_ARN),--role-arn $(ROLE_ARN)) --parameter-overrides Release=$$release $(OVERRIDES)
	@$(MAKE) --no-print-directory exports

exports: .venv/sam/stamp ## Print what the command line must know of a deployment, to be pasted
	@$(SAM) list stack-outputs --stack-name $(STACK) --output json | python3 -c "$$AS_EXPORTS"

SHA256 := python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'

define HAS_REGION
import boto3, sys
region = boto3.Session().region_name
sys.exit(None if region else "No AWS region is set: give your profile one (aws configure set region …), or set AWS_REGION.")
endef
export HAS_REGION

# An output is named as the variable is: TableName for TABLE_NAME.
define AS_EXPORTS
import json, re, shlex, sys
outputs = {output["OutputKey"]: output["OutputValue"] for output in json.load(sys.stdin)}
for key in "AwsRegion TableName PublicBaseUrl OpenStart AuditRetentionDays KeyringSecretArn CredentialsSecretArn ParkingQueueUrl".split():
    if key in outputs:
        print(f"export {re.sub('(?<!^)(?=[A-Z])', '_', key).upper()}={shlex.quote(outputs[key])}")
if "PublicBaseUrl" not in outputs:
    print(f"# Next: make deploy PUBLIC_BASE_URL={outputs['ApiUrl']}")
endef
export AS_EXPORTS

$(CARGO_MACHETE):
	cargo install --quiet --locked --root $(CARGO_MACHETE_ROOT) cargo-machete@0.9.2

.venv/sam/stamp: PACKAGE := aws-sam-cli==1.170.0
.venv/cfn-lint/stamp: PACKAGE := cfn-lint==1.58.0
.venv/cargo-lambda/stamp: PACKAGE := cargo-lambda==1.9.2
.venv/standardwebhooks/stamp: PACKAGE := standardwebhooks==1.1.0
.venv/conductor/stamp: PACKAGE := conductor-py==1.92.3 qbwc-kit==0.1.3
.venv/schemathesis/stamp: PACKAGE := schemathesis==4.32.5

# An environment of its own for each tool: their dependencies need not agree. The stamp says that one is complete.
.venv/%/stamp: Makefile
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(PACKAGE)
	touch $@
