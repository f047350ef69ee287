import type { Tree } from "@aura/shared/models/tree";
import { z } from "zod";

export interface ProductName {
  readonly name: string;
  /** Null: no manifest of the product states one. */
  readonly version: string | null;
}

const NAME = /^(?:@[A-Za-z0-9._~-]+\/)?[A-Za-z0-9][A-Za-z0-9._~-]{0,199}$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,99}$/;
const Manifest = z.object({ name: z.string().regex(NAME), version: z.string().regex(VERSION).nullable().catch(null) });

/** How the product calls itself in its package.json or pyproject.toml; else the title of its run, as a name. */
export function productName(tree: Tree, title: string): ProductName {
  const stated = [nodeManifest(tree.get("package.json")), pythonManifest(tree.get("pyproject.toml"))];
  for (const manifest of stated) {
    const parsed = Manifest.safeParse(manifest);
    if (parsed.success) return parsed.data;
  }
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? [];
  return { name: words.join("-").slice(0, 100) || "product", version: null };
}

function nodeManifest(body: Buffer | undefined): unknown {
  try {
    return body === undefined ? null : JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}

/** Only `[project]` with plain strings, which is how the table is written; anything else states nothing. */
function pythonManifest(body: Buffer | undefined): unknown {
  const [, project = ""] = /^\[project\][^\S\n]*\n((?:(?!\[).*\n?)*)/m.exec(body?.toString("utf8") ?? "") ?? [];
  const field = (key: string) => new RegExp(`^${key}\\s*=\\s*["']([^"'\\n]*)["']`, "m").exec(project)?.[1] ?? null;
  return { name: field("name"), version: field("version") };
}
