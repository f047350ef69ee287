#!/usr/bin/env bash
# Brings a database up to date: tables, functions, logins, the first API key. Takes POSTGRES_HOST, POSTGRES_PORT,
# POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD (or DATABASE_URL) from the environment; needs no psql.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/system/prepare.sh
source scripts/system/prepare.sh

prepare_packages
exec node scripts/migrate.ts
