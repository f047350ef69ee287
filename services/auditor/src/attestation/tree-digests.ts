import { hash } from "node:crypto";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { type Tree, treeSha256 } from "@aura/shared/models/tree";

/** Names of the same files that others can compute as well. Source: in-toto attestation framework, DigestSet v1.1. */
export interface TreeDigests {
  /** Of the canonical manifest, as everywhere in this system. */
  readonly sha256: string;
  /** `find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum` in the folder. */
  readonly dirHash: string;
  /** `git rev-parse HEAD^{tree}` in a clone. */
  readonly gitTree: string;
}

export function treeDigests(tree: Tree): TreeDigests {
  return { sha256: treeSha256(tree), dirHash: dirHash(tree), gitTree: gitTree(tree).toString("hex") };
}

function dirHash(tree: Tree): string {
  const paths = [...tree.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sha256Hex(paths.map((path) => `${sha256Hex(tree.get(path) ?? "")}  ${path}\n`).join(""));
}

/** Object id of a folder of plain files, none of them executable: modes are not kept. */
function gitTree(tree: Tree): Buffer {
  const files: [string, Buffer][] = [];
  const folders = new Map<string, Map<string, Buffer>>();
  for (const [path, body] of tree) {
    const end = path.indexOf("/");
    if (end < 0) files.push([path, body]);
    else {
      const folder = folders.get(path.slice(0, end)) ?? new Map<string, Buffer>();
      folders.set(path.slice(0, end), folder.set(path.slice(end + 1), body));
    }
  }
  const entries = [
    ...files.map(([name, body]) => ({ name, order: name, mode: "100644", id: gitObject("blob", body) })),
    ...[...folders].map(([name, folder]) => ({ name, order: `${name}/`, mode: "40000", id: gitTree(folder) })),
  ].sort((a, b) => Buffer.compare(Buffer.from(a.order), Buffer.from(b.order)));
  const parts = entries.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), id]);
  return gitObject("tree", Buffer.concat(parts));
}

function gitObject(type: "blob" | "tree", content: Buffer): Buffer {
  return hash("sha1", Buffer.concat([Buffer.from(`${type} ${content.byteLength}\0`), content]), "buffer");
}
