import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { conforms } from "./conformance.ts";
import { installs } from "./installing.ts";

conforms("bubblewrap in this process", "bubblewrap", async () => {
  const sandbox = openSandbox({ sandbox: "auto" });
  return { sandbox, close: () => sandbox.killAll() };
});

const folder = mkdtempSync(join(tmpdir(), "gate-"));
const gate = join(folder, "socket");
const installing = openSandbox({ sandbox: "auto", registry: { gate, path: process.env.PATH ?? "" } });
afterAll(async () => {
  await installing.killAll();
  rmSync(folder, { recursive: true });
});
installs("bubblewrap in this process", gate, () => installing);
