import type { DeltaProduct } from "../schemas/work-products.ts";
import { canonicalJson, sha256Hex } from "./canonical-json.ts";

/** Files by path, sorted by path when hashed. Contents are bytes; modes are not kept. */
export type Tree = ReadonlyMap<string, Buffer>;

export interface TreeEntry {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** The manifest of a tree: what its hash covers and what the database stores as the tree's blob. */
export function treeEntries(tree: Tree): TreeEntry[] {
  return [...tree]
    .map(([path, body]) => ({ path, sha256: sha256Hex(body), size: body.byteLength }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Canonical bytes of the manifest; `treeSha256` is their hash. */
export function treeManifest(tree: Tree): Buffer {
  return Buffer.from(canonicalJson(treeEntries(tree)), "utf8");
}

export function treeSha256(tree: Tree): string {
  return sha256Hex(treeManifest(tree));
}

/** True when `path` lies in one of `scopes` (exact paths or `folder/**`). */
export function inScope(path: string, scopes: readonly string[]): boolean {
  return scopes.some((scope) => (scope.endsWith("/**") ? path.startsWith(scope.slice(0, -2)) : path === scope));
}

/** Two scopes overlap when a path could lie in both. */
export function scopesOverlap(a: string, b: string): boolean {
  const folder = (scope: string) => (scope.endsWith("/**") ? scope.slice(0, -2) : null);
  const [fa, fb] = [folder(a), folder(b)];
  if (fa !== null && fb !== null) return fa.startsWith(fb) || fb.startsWith(fa);
  if (fa !== null) return b.startsWith(fa);
  if (fb !== null) return a.startsWith(fb);
  return a === b;
}

export function applyDelta(base: Tree, changes: DeltaProduct["changes"]): Tree {
  const next = new Map(base);
  for (const { path, content } of changes) {
    if (content === null) next.delete(path);
    else next.set(path, Buffer.from(content, "utf8"));
  }
  return next;
}

/** Paths whose content differs, is new or is gone. */
export function changedPaths(from: Tree, to: Tree): string[] {
  const paths = new Set([...from.keys(), ...to.keys()]);
  return [...paths]
    .filter((path) => {
      const [a, b] = [from.get(path), to.get(path)];
      return a === undefined || b === undefined || !a.equals(b);
    })
    .sort();
}
