import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { environmentOf, type Jail, type JailSpec } from "../../../services/auditor/src/sandbox/jail.ts";
import { superviseProcess } from "../../../services/auditor/src/sandbox/supervised-process.ts";

/** Ends the program when it is asked to, and says how it ended where the isolating program would say it. */
const TELLING = `"$@" 4>&- 5>&- <&0 & program=$!
trap 'kill -9 $program' TERM
wait $program; code=$?
trap - TERM
echo "{\\"exit-code\\": $code}" >&4`;

/**
 * What a jail does, but for isolating: the same programs, folders, supervision and sampling. For comparison only; it
 * runs nothing but this benchmark's own product.
 *
 * @param base existing folder
 */
export function openBareJail(base: string): Jail {
  const scratch = mkdtempSync(join(base, "bare-"));
  const folder = () => mkdtempSync(join(scratch, "f-"));
  return {
    level: "bubblewrap",
    parallel: 2,
    launcherSha256: null,
    isolator: "none",
    seccompSha256: "",
    fix: "",
    namespaces: false,
    scratch,
    openProduct: folder,
    openDependencies: folder,
    openWork: folder,
    openFolder: folder,
    discard: (path) => rmSync(path, { recursive: true, force: true }),
    hand: () => undefined,
    start: (spec) => startBare(spec, scratch),
    close: async () => rmSync(scratch, { recursive: true, force: true }),
  };
}

function startBare(spec: JailSpec, scratch: string) {
  const places = (text: string) => text.replaceAll("/product", spec.product ?? "/product");
  const env = Object.entries(environmentOf(spec, dirname(process.execPath))).map(
    ([name, value]) => `${name}=${places(value)}`,
  );
  mkdirSync(spec.work, { recursive: true });
  // a session of its own, as in a jail: the kernel shares processors out by session
  const argv = ["/usr/bin/setsid", "/usr/bin/env", "-i", "-C", spec.work, ...env, ...spec.argv];
  const filter = openSync("/dev/null", "r");
  try {
    const { stdin, channel, limits, work } = spec;
    const command = ["/bin/sh", "-c", TELLING, "sh", ...argv];
    return superviseProcess({
      command,
      owner: null,
      stdin,
      channel,
      filter,
      limits,
      work: work || scratch,
      stop: "sweep",
    });
  } finally {
    closeSync(filter);
  }
}
