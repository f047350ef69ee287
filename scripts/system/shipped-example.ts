import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunRequestInput } from "@aura/shared/schemas/api/run";
import { z } from "zod";
import { ROOT } from "./aura-home.ts";

const DEFAULT_TOOLCHAIN = "python";
const Head = z.object({ toolchain: z.string().default(DEFAULT_TOOLCHAIN) });

/** A PRD in `docs/examples/<name>/` with the recording that provider `replay` plays for it. */
export interface ShippedExample {
  readonly name: string;
  readonly prd: RunRequestInput["prd"];
  readonly toolchain: string;
}

/**
 * @param name the first by name when it is not given
 * @throws naming the examples that there are
 */
export function readExample(name?: string): ShippedExample {
  const folder = join(ROOT, "docs", "examples");
  const known = readdirSync(folder)
    .filter((entry) => existsSync(join(folder, entry, "PRD.md")) && existsSync(join(folder, entry, "recording.json")))
    .sort();
  const chosen = name ?? known[0];
  if (chosen === undefined) throw new Error(`${folder} holds no example with a PRD.md and a recording.json.`);
  if (!known.includes(chosen))
    throw new Error(`There is no recorded example ${chosen}. There are: ${known.join(", ")}.`);
  const body = readFileSync(join(folder, chosen, "PRD.md"), "utf8");
  const title = /^#\s+(.+)$/m.exec(body)?.[1]?.trim();
  const attachments = readAttachments(join(folder, chosen, "attachments"));
  const toolchain = recordedToolchain(join(folder, chosen));
  return { name: chosen, prd: { ...(title === undefined ? {} : { title }), body, attachments }, toolchain };
}

/** What the replies of an example's recording were asked for; the default toolchain before there is a recording. */
export function recordedToolchain(folder: string): string {
  const path = join(folder, "recording.json");
  if (!existsSync(path)) return DEFAULT_TOOLCHAIN;
  return Head.parse(JSON.parse(readFileSync(path, "utf8"))).toolchain;
}

function readAttachments(folder: string) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({
      path: file.slice(folder.length + 1).replaceAll("\\", "/"),
      content_base64: readFileSync(file).toString("base64"),
    }));
}
