import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampleExport } from "@aura/shared/testing/sample-export";
import { exportText, logSigner, WITNESS } from "@aura/shared/testing/sample-log";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aura } from "./aura.ts";

const NOWHERE = { AURA_HOME: "/nonexistent/aura-home" };
const KEYS = [logSigner(1), logSigner(2)].map(({ verifier }) => verifier.text);

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-cli-audit-"));
  file = join(folder, "log.jsonl");
  writeFileSync(file, exportText(sampleExport()));
  writeFileSync(join(folder, "keys"), `${KEYS.join("\n")}\n`);
  writeFileSync(join(folder, "kept.note"), sampleExport().checkpoints[2]?.note ?? "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (path: string, ...argv: string[]) => aura(NOWHERE, "audit", "verify", path, ...argv);

test("a sound log is told with what was checked, and needs no Manager", async () => {
  const given = ["--witness", WITNESS.verifier.text, "--checkpoint", join(folder, "kept.note")];
  const { code, out } = await verify(file, "--key", `@${join(folder, "keys")}`, ...given);
  expect(code).toBe(0);
  expect(out).toContain("Sound: 94 events of aura_orchestra/");
  expect(out).toContain("7 checkpoints and 1 kept elsewhere agree");
  const both = await verify(file, ...KEYS.flatMap((key) => ["--key", key]), "--json");
  expect([both.code, both.json]).toMatchObject([0, { outcome: "sound", summary: { events: 94, runs_sealed: 4 } }]);
});

test("a changed one is told with the first bad event, and exits with 1", async () => {
  const changed = join(folder, "changed.jsonl");
  writeFileSync(changed, exportText(sampleExport()).replace("sample 2", "sample 3"));
  const { code, out } = await verify(changed, "--key", `@${join(folder, "keys")}`);
  expect([code, out]).toEqual([1, expect.stringMatching(/^TAMPERED\. Event 40: .+\n.*from event 40 on/)]);
});

test("what is missing makes it exit with 2: a key, a file, a cosignature, an argument", async () => {
  const key = ["--key", `@${join(folder, "keys")}`];
  const each = [
    await verify(file),
    await verify(join(folder, "none"), ...key),
    await verify(folder, ...key),
    await verify(file, "--key", "@/nonexistent/keys"),
    await verify(file, ...key, "--witness", logSigner(1, 5).verifier.text),
    await verify(file, ...key, "--unknown"),
    await aura(NOWHERE, "audit", "verify"),
  ];
  expect(each.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2, 2]);
  const { code, json } = await verify(file, "--json");
  expect([code, json.outcome]).toEqual([2, "cannot_tell"]);
});

test("an export that is cut off says so, and leaves no file behind", async () => {
  const server = createServer((_, reply) => {
    reply.writeHead(200, { "content-length": 1000 });
    reply.write("half", () => reply.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const AURA_MANAGER_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = join(folder, "cut.jsonl");
  const { code, err } = await aura({ AURA_MANAGER_URL, MANAGER_API_KEY: "k" }, "audit", "export", cut);
  server.close();
  expect([code, err, existsSync(cut)]).toEqual([1, expect.stringMatching(/^export_failed: .+\nhint: /), false]);
});
