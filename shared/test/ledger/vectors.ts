import { readFileSync } from "node:fs";

interface Signed {
  readonly name: string;
  readonly seed: string;
  readonly verifier: string;
  readonly text: string;
  readonly line: string;
}

/** What another implementation computed; fixtures/make-vectors.py says how. Proofs are in base64, roots in hexadecimal. */
export interface Vectors {
  readonly made_by: string;
  /** Of the first n of {@link ENTRIES}. */
  readonly roots: readonly string[];
  readonly published_entries: readonly string[];
  readonly published_roots: readonly string[];
  readonly inclusion: readonly { readonly index: number; readonly size: number; readonly proof: readonly string[] }[];
  readonly consistency: readonly { readonly from: number; readonly to: number; readonly proof: readonly string[] }[];
  readonly signatures: readonly Signed[];
  readonly cosignatures: readonly (Signed & { readonly time: number })[];
  readonly tile_paths: readonly {
    readonly level: number | "entries";
    readonly index: number;
    readonly width: number;
    readonly path: string;
  }[];
}

export const ENTRIES = Array.from({ length: 71 }, (_, n) => Buffer.from(`entry ${n}`));

export const VECTORS: Vectors = JSON.parse(
  readFileSync(new URL("fixtures/log.json", import.meta.url), "utf8"),
) as Vectors;

export function fromBase64(texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, "base64"));
}
