import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { TreePath } from "@aura/shared/schemas/prd";
import { Parser } from "tar";
import { CliError } from "./session.ts";

/**
 * Unpacks generated software into a new or empty folder. An archive is hostile until looked at: only plain files with
 * harmless relative paths are taken, all are read before the first is written, and none replaces another.
 *
 * @returns paths written, sorted
 * @throws {CliError} `hostile_archive`, `folder_not_empty`
 */
export async function unpack(archive: Uint8Array, folder: string): Promise<string[]> {
  const files = await readArchive(archive);
  const root = resolve(folder);
  await mkdir(root, { recursive: true });
  if ((await readdir(root)).length > 0)
    throw new CliError("folder_not_empty", `${root} is not empty`, "Name a new folder with --to.");
  for (const [path, body] of files) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, body, { flag: "wx" });
  }
  return [...files.keys()].sort();
}

function readArchive(archive: Uint8Array): Promise<Map<string, Buffer>> {
  return new Promise((done, fail) => {
    const files = new Map<string, Buffer>();
    const refuse = (what: string) => fail(new CliError("hostile_archive", what, "Nothing was written. Report this."));
    const parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        if (entry.type !== "File") return refuse(`${entry.path} is not a plain file`);
        if (!TreePath.safeParse(entry.path).success) return refuse(`${entry.path} is not a harmless path`);
        if (files.has(entry.path)) return refuse(`${entry.path} is there twice`);
        const pieces: Buffer[] = [];
        entry.on("data", (piece) => pieces.push(Buffer.from(piece)));
        entry.on("end", () => files.set(entry.path, Buffer.concat(pieces)));
      },
    });
    parser.on("error", (error: Error) => refuse(error.message));
    parser.on("end", () => done(files));
    parser.end(Buffer.from(archive));
  });
}
