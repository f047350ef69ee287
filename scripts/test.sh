#!/usr/bin/env bash
# Fresh machine -> the whole test suite. The last line is "N passed, M failed"; the exit code is 0 only if M is 0
# and every check holds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/system/prepare.sh
source scripts/system/prepare.sh

prepare_packages
prepare_programs git=git bwrap=bubblewrap /usr/bin/python3=python3 /usr/bin/pip3=python3-pip /usr/bin/faketime=faketime chromium=chromium
exec node scripts/system/test-run.ts all
