import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { createTestRuntime } from "@aura/shared/testing/factories";
import { expect, test } from "vitest";
import { apiUnderTest } from "./api-under-test.ts";

test("a PRD of 256 KiB and attachments of 11 MB are taken in within the limit of 16 MiB", async () => {
  const recordings = mkdtempSync(join(tmpdir(), "aura-recordings-"));
  const body = `# Large\n\n${"Some words of a requirement. ".repeat(120)}\n\n`.repeat(75).slice(0, 256 * 1024);
  const data = randomBytes(11_000_000);
  mkdirSync(join(recordings, "large"));
  const recording = { prd_sha256: sha256Hex(body), attachments: [{ path: "data.bin", sha256: sha256Hex(data) }] };
  writeFileSync(join(recordings, "large", "recording.json"), JSON.stringify(recording));
  const api = await apiUnderTest({ recordings });
  await createTestRuntime(api.db);
  const attachments = [{ path: "data.bin", content_base64: data.toString("base64") }];
  const reply = await api.post("/v1/runs", { project: "large", prd: { body, attachments } });
  expect([reply.status, reply.body.status]).toEqual([201, "planning"]);
  const stored = await api.db.pools.manager.query<{ body: Buffer }>("select body from blobs where size = 11000000");
  expect(stored.rows[0]?.body.equals(data)).toBe(true);
  await api.close();
  rmSync(recordings, { recursive: true });
});
