import { changedPaths, type Tree } from "@aura/shared/models/tree";
import type { ContextFile } from "@aura/shared/schemas/task-context";
import type { DeltaProduct } from "@aura/shared/schemas/work-products";
import { ATTACHMENTS_FOLDER } from "./policy.ts";

function bytesOf(file: ContextFile): Buffer {
  return Buffer.from(file.content, file.encoding === "utf8" ? "utf8" : "base64");
}

/**
 * The files an agent works on, in memory: nothing generated touches a disk of this process. Attachments appear under
 * `attachments/`. What an agent may change is decided in policy.ts before it gets here.
 */
export class Workspace {
  readonly #base: Tree;
  readonly #files: Map<string, Buffer>;
  readonly #attachments: Tree;
  #version = 0;

  constructor(files: readonly ContextFile[], attachments: readonly ContextFile[]) {
    this.#base = new Map(files.map((file) => [file.path, bytesOf(file)]));
    this.#files = new Map(this.#base);
    this.#attachments = new Map(attachments.map((file) => [`${ATTACHMENTS_FOLDER}${file.path}`, bytesOf(file)]));
  }

  /** Rises with every change: tells whether a check saw the files as they are now. */
  get version(): number {
    return this.#version;
  }

  get tree(): Tree {
    return this.#files;
  }

  paths(): string[] {
    return [...this.#files.keys(), ...this.#attachments.keys()].sort();
  }

  /** Text of a file; null when there is none. Bytes that are not UTF-8 show as replacement characters. */
  read(path: string): string | null {
    return (this.#files.get(path) ?? this.#attachments.get(path))?.toString("utf8") ?? null;
  }

  size(path: string): number {
    return (this.#files.get(path) ?? this.#attachments.get(path))?.byteLength ?? 0;
  }

  write(path: string, content: string): void {
    this.#files.set(path, Buffer.from(content, "utf8"));
    this.#version += 1;
  }

  delete(path: string): boolean {
    const existed = this.#files.delete(path);
    if (existed) this.#version += 1;
    return existed;
  }

  /** What differs from the tree that the task began with, sorted by path. */
  changes(): DeltaProduct["changes"] {
    return changedPaths(this.#base, this.#files).map((path) => ({
      path,
      content: this.#files.get(path)?.toString("utf8") ?? null,
    }));
  }
}
