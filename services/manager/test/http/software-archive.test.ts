import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Tree } from "@aura/shared/models/tree";
import { Parser } from "tar";
import { expect, test } from "vitest";
import { tarGz, zip } from "../../src/http/software-archive.ts";

const AT = new Date("2026-01-02T03:04:05Z");
const tree: Tree = new Map([
  ["z.txt", Buffer.from("last\n")],
  ["a/empty", Buffer.alloc(0)],
  [`${"deep/".repeat(30)}${"x".repeat(90)}.txt`, Buffer.alloc(513, 7)],
  [`${"y".repeat(230)}.bin`, Buffer.from([0, 255])],
  ["Übersicht.md", Buffer.from("é")],
]);

function unpack(bytes: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const files = new Map<string, Buffer>();
    const parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        const pieces: Buffer[] = [];
        entry.on("data", (piece) => pieces.push(Buffer.from(piece)));
        entry.on("end", () => files.set(entry.path, Buffer.concat(pieces)));
      },
    });
    parser.on("error", reject);
    parser.on("end", () => resolve(files));
    parser.end(bytes);
  });
}

test("what is packed comes out again, long and foreign paths included", async () => {
  const files = await unpack(await tarGz(tree, AT));
  expect(new Map([...files].sort())).toEqual(new Map([...tree].sort()));
});

test("the same tree gives the same bytes, whatever the order of its files", async () => {
  const other = new Map([...tree].reverse());
  expect((await tarGz(other, AT)).equals(await tarGz(tree, AT))).toBe(true);
  expect(gunzipSync(await tarGz(tree, AT)).byteLength % 512).toBe(0);
});

test("a ZIP holds the same, read by somebody else's program, and is the same bytes each time", () => {
  const folder = mkdtempSync(join(tmpdir(), "aura-zip-"));
  try {
    writeFileSync(join(folder, "it.zip"), zip(tree, AT));
    const list = execFileSync("python3", ["-m", "zipfile", "-e", "it.zip", "out"], { cwd: folder });
    expect(list.toString()).toBe("");
    for (const [path, body] of tree) expect(readFileSync(join(folder, "out", path)).equals(body)).toBe(true);
    expect(Buffer.from(zip(new Map([...tree].reverse()), AT)).equals(Buffer.from(zip(tree, AT)))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
