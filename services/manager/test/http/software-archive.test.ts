import { gunzipSync } from "node:zlib";
import type { Tree } from "@aura/shared/models/tree";
import { Parser } from "tar";
import { expect, test } from "vitest";
import { archive } from "../../src/http/software-archive.ts";

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
  const files = await unpack(await archive(tree, AT));
  expect(new Map([...files].sort())).toEqual(new Map([...tree].sort()));
});

test("the same tree gives the same bytes, whatever the order of its files", async () => {
  const other = new Map([...tree].reverse());
  expect((await archive(other, AT)).equals(await archive(tree, AT))).toBe(true);
  expect(gunzipSync(await archive(tree, AT)).byteLength % 512).toBe(0);
});
