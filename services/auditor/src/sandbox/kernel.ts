import { existsSync, readFileSync } from "node:fs";
import type { KernelKind } from "@aura/shared/enums/verification";

/** Build text that gVisor has told in every release: https://github.com/google/gvisor, pkg/sentry/kernel/version. */
const GVISOR = /-gvisor\b|#1 SMP Sun Jan 10 15:06:54 PST 2016/;
/** gVisor's own mark, where it is set to show one. */
const GVISOR_MARKER = "/proc/gvisor";

/**
 * Who answers the system calls of this container or machine. A hostile kernel could lie, but whoever chose the
 * container's runtime is trusted; generated code has no say in it.
 *
 * @param procVersion text of /proc/version
 */
export function kernelKind(procVersion: string, hasMarker: boolean): KernelKind {
  return hasMarker || GVISOR.test(procVersion) ? "gvisor" : "linux";
}

export function ownKernelKind(): KernelKind {
  return kernelKind(readFileSync("/proc/version", "utf8"), existsSync(GVISOR_MARKER));
}
