# One cargo line each; whatever needs more lives in the `ferrify` program.

# Outside the checkout, so that cleaning or moving the checkout does not cost a cold build.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ferrify/target

# `make run ARGS="--port 8080"`, `make test ARGS="streaming"`
ARGS ?=
# `make test-workflows FIXTURES="folder other-folder"`
FIXTURES ?= crates/workflow-fixtures/fixtures
# Cases of tests of properties and of the published description are made up from these; others find other things.
export PROPTEST_RNG_SEED ?= 20261126
export SCHEMATHESIS_SEED ?= 1
NEXTEST := $(shell command -v cargo-nextest 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run stop clean-data check lint fmt test test-workflows bench deny

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-16s%s\n", $$1, $$2 }'

run: ## build and start everything on one port, with private Postgres and Redis when none are configured
	cargo run --bin ferrify -- up $(ARGS)

stop: ## stop the private Postgres and Redis
	cargo run --quiet --bin ferrify -- stop $(ARGS)

clean-data: ## stop the private servers and delete all their data
	cargo run --quiet --bin ferrify -- stop --delete-data $(ARGS)

check: ## type-check everything
	cargo check --workspace --all-targets

lint: ## what must be clean before a change goes in
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## format the code
	cargo fmt --all

test: ## run all tests (Postgres and Redis are started for them)
	cargo $(if $(NEXTEST),nextest run,test) --workspace $(ARGS)

test-workflows: ## run every case of folders with workflow files and a cases.json (FIXTURES="folder ...")
	cargo run --quiet --package workflow-fixtures -- $(FIXTURES)

bench: ## measure (ARGS="--help" lists what)
	cargo run --profile bench --package bench -- $(ARGS)

deny: ## check licences, forbidden crates and sources
	cargo deny check licenses bans sources
