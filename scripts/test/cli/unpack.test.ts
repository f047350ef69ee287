import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpack } from "../../cli/unpack.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aura-unpack-"));
});
afterEach(() => rmSync(root, { recursive: true }));

interface Entry {
  path: string;
  body?: string;
  type?: "File" | "SymbolicLink" | "Directory";
  linkpath?: string;
}

/** A tar as an attacker would write it: nothing is checked. */
function archiveOf(...entries: Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, body = "", type = "File", linkpath }) => {
    const header = Buffer.alloc(512);
    const link = linkpath === undefined ? {} : { linkpath };
    new Header({ path, type, size: body.length, mode: 0o644, mtime: new Date(0), ...link }).encode(header, 0);
    return [header, Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, "\0"))];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

test("plain files are unpacked below the folder", async () => {
  const folder = join(root, "new");
  const files = await unpack(archiveOf({ path: "a/b.txt", body: "hi" }, { path: "c", body: "" }), folder);
  expect(files).toEqual(["a/b.txt", "c"]);
  expect(readFileSync(join(folder, "a/b.txt"), "utf8")).toBe("hi");
});

test("a folder with something in it is left alone", async () => {
  writeFileSync(join(root, "mine"), "mine");
  await expect(unpack(archiveOf({ path: "a", body: "x" }), root)).rejects.toMatchObject({ code: "folder_not_empty" });
});

describe("a hostile archive writes nothing", () => {
  test.each<[string, Entry[]]>([
    ["leaves the folder", [{ path: "ok" }, { path: "../evil", body: "x" }]],
    ["is absolute", [{ path: "/tmp/evil", body: "x" }]],
    ["links out", [{ path: "link", type: "SymbolicLink", linkpath: "/etc" }]],
    [
      "has the same file twice",
      [
        { path: "a", body: "1" },
        { path: "a", body: "2" },
      ],
    ],
    ["has a backslash", [{ path: "a\\b", body: "1" }]],
  ])("that %s", async (_, entries) => {
    const folder = join(root, "new");
    await expect(unpack(archiveOf(...entries), folder)).rejects.toMatchObject({ code: "hostile_archive" });
    expect(() => readFileSync(join(folder, "ok"))).toThrow();
  });

  test("that is no archive", async () => {
    await expect(unpack(Buffer.from("no gzip at all"), join(root, "new"))).rejects.toMatchObject({
      code: "hostile_archive",
    });
  });
});
