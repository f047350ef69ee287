#!/usr/bin/env node
// Plain JavaScript that any Node runs: an older one hands over to the Node 24 that npm brought.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const own = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));

if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import("./main.ts");
} else if (existsSync(own)) {
  const { status } = spawnSync(own, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  console.error(`Aura needs Node 24; this is ${process.version}. Run \`npm ci\` (it brings Node 24).`);
  process.exitCode = 1;
}
