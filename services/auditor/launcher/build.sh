#!/bin/sh
# Builds aura-launcher beside its source. Needs a C compiler and the kernel's headers
# (Debian: gcc libc6-dev linux-libc-dev). CC and an output path as the first argument may be given.
set -eu
cd "$(dirname "$0")"
"${CC:-cc}" -std=gnu17 -O2 -Wall -Wextra -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
  -fPIE -pie -Wl,-z,relro,-z,now -o "${1:-aura-launcher}" launcher.c
