# Sourced by dev_bootstrap.sh and test.sh: brings a fresh machine with git, npm and Node 20 or newer as far as
# Node 24 and all packages. Needs the repository's root as working directory; all it prints goes to stderr.

say() { printf '%s\n' "$*" >&2; }

need_program() { # need_program PROGRAM HOW-TO-GET-IT
  command -v "$1" >/dev/null 2>&1 || { say "Missing: $1. $2"; exit 1; }
}

# prepare_packages [--omit=dev]: what runs Aura; without the option also what tests it.
prepare_packages() {
  need_program node "Install Node 20 or newer (https://nodejs.org); Aura brings Node 24 itself."
  need_program npm "It comes with Node."
  if ! node scripts/system/packages-installed.mjs "$@"; then
    say "Installing packages (npm ci)"
    npm ci --no-audit --no-fund --loglevel=error "$@" >&2
  fi
  PATH="$PWD/node_modules/.bin:$PATH"
  export PATH
  node scripts/require-node.mjs
}

# prepare_programs PROGRAM=PACKAGE...: what npm does not bring, from Debian's packages where that is possible.
prepare_programs() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair#*=}")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "Missing programs. Install these packages: ${missing[*]}"
    say "On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
    return 1
  fi
  say "Installing ${missing[*]} (apt-get)"
  if ! install_packages "${missing[@]}"; then
    say "apt-get could not install ${missing[*]}; its messages stand above."
    return 1
  fi
}

# Moves the clock of products and tests in the run that confirms a verdict; without it both runs see the clock of now.
prepare_clock() {
  [ -x /usr/bin/faketime ] && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && install_packages faketime && return 0
  say "Without faketime (apt-get install faketime) verdicts are confirmed at the same time of day only."
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y -qq --no-install-recommends "$@" ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }; } >/dev/null
}
