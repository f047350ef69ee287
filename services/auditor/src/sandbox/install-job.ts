import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Tree } from "@aura/shared/models/tree";
import { TreePath } from "@aura/shared/schemas/prd";
import { cutMiddle, scrub } from "../harness/records.ts";
import { jailed, type LayerPlace, type Toolchain } from "../toolchains/toolchain.ts";
import { listHostile, readHostile } from "./hostile-folder.ts";
import type { Jail, JailEnd } from "./jail.ts";
import { INSTALL_LIMITS } from "./limits.ts";
import type { InstallRequest, InstallResult } from "./port.ts";
import { openRegistryWay } from "./registry-way.ts";

const OUTPUT_SHOWN = 32 * 1024;
const FILES_MAX = 5_000;
const ENTRIES_MAX = 19_000;
const BYTES_MAX = 64 * 1024 * 1024;
const PRODUCT = "/product";

/**
 * Installs packages in a jail whose only way out is the registry gate. The package manager is told to run no code of a
 * package; its own program is mounted where a product would be.
 *
 * @param gate socket of the registry gate
 * @param path where to look for npm, as PATH has it
 */
export async function installDependencies(
  jail: Jail,
  toolchain: Toolchain,
  request: InstallRequest,
  gate: string,
  path: string,
): Promise<InstallResult> {
  const npm = toolchain.needsNode ? findNpm(path) : null;
  if (toolchain.needsNode && npm === null) return unavailable("npm is not installed where the sandbox runs");
  const work = jail.openWork();
  const way = await openRegistryWay(jail, gate);
  try {
    const inside = jail.namespaces ? PRODUCT : (npm ?? "");
    const { argv } = toolchain.install(request.dependencies, `${way.url}/${request.session}`, inside);
    const end = await jail.start({
      argv: way.lead(argv),
      env: toolchain.environment(0),
      stdin: null,
      product: npm,
      dependencies: null,
      work,
      attachments: null,
      relay: way.relay,
      channel: false,
      loopback: true,
      ...jailed(toolchain, INSTALL_LIMITS),
    }).ended;
    return resultOf(end, work, toolchain.layer);
  } finally {
    await way.close();
    jail.discard(work);
  }
}

/** The folder of npm's own package: the one that `npm` on the path leads to. */
function findNpm(path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const program = join(folder, "npm");
    if (!existsSync(program)) continue;
    const found = dirname(dirname(realpathSync(program)));
    if (existsSync(join(found, "bin/npm-cli.js"))) return found;
  }
  return null;
}

function resultOf(end: JailEnd, work: string, place: LayerPlace): InstallResult {
  const { reason, exit_code, duration_ms } = end;
  const output = shown(`${end.stdout}${end.stderr}`);
  const facts = { reason, exit_code, duration_ms };
  if (reason !== "exit" || exit_code !== 0) return { ...facts, output, layer: null };
  const layer = collectLayer(work, place);
  if (typeof layer === "string") return { ...facts, output: `${output}\n${layer}`.trim(), layer: null };
  return { ...facts, output, layer };
}

/** @returns why it cannot be had, in words, when it is no tree */
function collectLayer(work: string, place: LayerPlace): Tree | string {
  const layer = new Map<string, Buffer>();
  let bytes = 0;
  for (const path of listHostile(work, ENTRIES_MAX)) {
    const inside = place.inside(path);
    if (inside === null) continue;
    const body = TreePath.safeParse(inside).success ? readHostile(work, path, BYTES_MAX) : null;
    if (body === null) return `a package holds ${JSON.stringify(inside)}, which cannot be kept`;
    layer.set(inside, body);
    bytes += body.byteLength;
    if (layer.size > FILES_MAX) return `the packages have more than ${FILES_MAX} files`;
    if (bytes > BYTES_MAX) return `the packages have more than ${BYTES_MAX / 1024 / 1024} MiB`;
  }
  return layer;
}

function unavailable(output: string): InstallResult {
  return { reason: "unavailable", exit_code: null, output, duration_ms: 0, layer: null };
}

const shown = (text: string) => cutMiddle(scrub(text), OUTPUT_SHOWN);
