import type { Tree } from "@aura/shared/models/tree";
import type { MovedClock } from "../harness/moved-clock.ts";
import { surroundings } from "../harness/surroundings.ts";
import type { SuiteSetting } from "../harness/test-session.ts";
import { requireToolchain } from "../toolchains/registry.ts";
import type { Jail } from "./jail.ts";
import type { AcceptanceRequest } from "./port.ts";
import { checkTree, unpackTree } from "./scratch.ts";

const NOTHING: Tree = new Map();

/** Folders outside for one program of the Auditor. */
export interface Folders {
  readonly product: string;
  readonly dependencies: string | null;
  readonly work: string;
  readonly attachments: string | null;
}

export async function withFolders<T>(
  jail: Jail,
  inputs: { readonly tree: Tree; readonly dependencies?: Tree | undefined; readonly attachments: Tree },
  work: (folders: Folders) => Promise<T>,
): Promise<T> {
  const product = unpackProduct(jail, inputs.tree);
  const attachments = unpackAttachments(jail, inputs.attachments);
  const dependencies = unpackDependencies(jail, inputs.dependencies);
  const folder = jail.openWork();
  try {
    if (!jail.namespaces) unpackInto(folder, inputs.attachments);
    return await work({ product, dependencies, attachments, work: folder });
  } finally {
    discardAll(jail, [product, dependencies, attachments, folder]);
  }
}

/** What all tests of a request share, but for the product. */
export async function withSetting<T>(
  jail: Jail,
  request: AcceptanceRequest,
  clock: MovedClock,
  work: (setting: Omit<SuiteSetting, "product">) => Promise<T>,
): Promise<T> {
  const { interfaces, attachments, seed } = request;
  const toolchain = requireToolchain(request.toolchain);
  const attachmentsFolder = unpackAttachments(jail, attachments);
  const dependencies = unpackDependencies(jail, request.dependencies);
  try {
    const around = { clock: clock.environment, surroundings: surroundings(request.surroundings) };
    return await work({ jail, toolchain, interfaces, dependencies, attachmentsFolder, attachments, seed, ...around });
  } finally {
    discardAll(jail, [attachmentsFolder, dependencies]);
  }
}

export function unpackProduct(jail: Jail, tree: Tree): string {
  checkTree(tree);
  const folder = jail.openProduct();
  unpackTree(folder, tree);
  return folder;
}

/** Null where there are none. */
function unpackDependencies(jail: Jail, dependencies: Tree = NOTHING): string | null {
  if (dependencies.size === 0) return null;
  const folder = jail.openDependencies();
  unpackTree(folder, dependencies);
  return folder;
}

/** Mounted read-only where the jail can mount; null where they are copied, or where there are none. */
function unpackAttachments(jail: Jail, attachments: Tree): string | null {
  if (!jail.namespaces || attachments.size === 0) return null;
  const folder = jail.openProduct();
  unpackTree(folder, attachments);
  return folder;
}

function unpackInto(work: string, attachments: Tree): void {
  unpackTree(work, new Map([...attachments].map(([path, body]) => [`attachments/${path}`, body])));
}

function discardAll(jail: Jail, folders: readonly (string | null)[]): void {
  for (const folder of folders) if (folder !== null) jail.discard(folder);
}
