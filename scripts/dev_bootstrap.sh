#!/usr/bin/env bash
# Fresh machine -> one example PRD turned into delivered, verified software: embedded Postgres, recorded model replies,
# no key. Needs git, npm and Node 20 or newer; brings Node 24 and, as root on Debian, bubblewrap and faketime.
#
#   scripts/dev_bootstrap.sh             ends when the software is delivered; the last line is one JSON object
#   scripts/dev_bootstrap.sh --serve     the same, and the system stays up until Ctrl-C
#   scripts/dev_bootstrap.sh --example NAME
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/system/prepare.sh
source scripts/system/prepare.sh

prepare_packages --omit=dev
prepare_programs bwrap=bubblewrap /usr/bin/python3=python3
prepare_clock
exec node scripts/system/dev-bootstrap.ts "$@"
