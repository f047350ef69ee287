import { createHash } from "node:crypto";
import { cosign } from "@aura/shared/ledger/checkpoints";
import { COSIGNATURE, parseNote, parseVerifier, signerOf, signersOf } from "@aura/shared/ledger/notes";
import { verifyConsistency, verifyInclusion } from "@aura/shared/ledger/proofs";
import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, allDone, createTestRuntime, MANAGER } from "@aura/shared/testing/factories";
import { logSigner, sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";

/** More than one full tile of leaves, and a first hash of level 1. */
const EVENTS = 300;
const ABSENT = "019abc00-0000-7000-8000-00000000abcd";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
  await createTestRuntime(api.db, ["openai"]);
  const price = { provider: "openai", model: "priced", input_usd: "1", output_usd: "1", source: "test" };
  await new ManagerVerbs(MANAGER.actor_id, MANAGER.term).setModelPrices(api.db.pools.manager, [price]);
});
afterAll(() => api.close());

const basic = () => ({ authorization: `Basic ${Buffer.from(`tiles:${api.keys.observer}`).toString("base64")}` });
const fetched = (path: string) => api.get(`/v1/audit/${path}`, { headers: basic() });

async function addEvents(count: number): Promise<void> {
  await api.db.pools.admin.query(
    "insert into projects (id, name) select gen_random_uuid(), gen_random_uuid() from generate_series(1, $1)",
    [count],
  );
}

test("before anything is signed there is no checkpoint, no tile, no export and no proof, and each says why", async () => {
  for (const path of ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "export", "consistency?from=0&to=1"])
    expect([path, (await fetched(path)).status, (await fetched(path)).body.code]).toEqual([path, 404, "no_checkpoint"]);
  const { body: project } = await api.post("/v1/projects", { name: "unsealed" });
  const proof = await api.get(project.proof_url);
  expect([proof.status, proof.body.code, proof.body.retryable]).toEqual([503, "log_unsealed", true]);
  expect(proof.body).toMatchObject({ detail: expect.stringContaining("recorded"), hint: expect.any(String) });
});

describe("under a checkpoint", () => {
  beforeAll(async () => {
    await addEvents(EVENTS);
    await sealLog(api.db);
    await addEvents(3); // beyond it
  });

  /**
   * A reader of C2SP tlog-tiles, written from that specification: it knows the paths, SHA-256 and nothing of ours.
   */
  class TilesReader {
    async read(path: string): Promise<Buffer> {
      const reply = await fetched(path);
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`);
      return reply.bytes;
    }

    /** 1234067 is x001/x234/067. */
    path(level: number | "entries", n: number, width: number): string {
      const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0");
      const groups = digits.match(/\d{3}/g) ?? [];
      const name = groups.map((group, index) => (index === groups.length - 1 ? group : `x${group}`)).join("/");
      return `tile/${level}/${name}${width === 256 ? "" : `.p/${width}`}`;
    }

    async entries(size: number): Promise<Buffer[]> {
      const entries: Buffer[] = [];
      for (let n = 0; n * 256 < size; n += 1) {
        const bundle = await this.read(this.path("entries", n, Math.min(256, size - n * 256)));
        for (let at = 0; at < bundle.length; ) {
          const length = bundle.readUInt16BE(at);
          entries.push(bundle.subarray(at + 2, at + 2 + length));
          at += 2 + length;
        }
      }
      return entries;
    }

    async hashes(level: number, count: number): Promise<Buffer[]> {
      const hashes: Buffer[] = [];
      for (let n = 0; n * 256 < count; n += 1) {
        const tile = await this.read(this.path(level, n, Math.min(256, count - n * 256)));
        for (let at = 0; at < tile.length; at += 32) hashes.push(tile.subarray(at, at + 32));
      }
      return hashes;
    }
  }

  const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const leafOf = (entry: Buffer) => sha256(Buffer.of(0), entry);

  /** RFC 9162, section 2.1.1, word for word. */
  function treeHash(leaves: readonly Buffer[]): Buffer {
    if (leaves.length === 0) return sha256();
    if (leaves.length === 1) return leaves[0] as Buffer;
    let k = 1;
    while (k * 2 < leaves.length) k *= 2;
    return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
  }

  async function checkpoint() {
    const text = (await fetched("checkpoint")).text;
    const [origin = "", size = "", root = ""] = text.split("\n");
    return { text, origin, size: Number(size), root: Buffer.from(root, "base64") };
  }

  test("a reader of tiles that is not ours comes from the entries, and from each level, to the root that was signed", async () => {
    const { size, root, text, origin } = await checkpoint();
    expect(size).toBeGreaterThan(EVENTS);
    expect(signersOf(parseNote(text), [logSigner(origin).verifier])).toHaveLength(1);
    const reader = new TilesReader();
    const entries = await reader.entries(size);
    expect(entries).toHaveLength(size);
    const leaves = entries.map(leafOf);
    expect(treeHash(leaves)).toEqual(root);
    expect(await reader.hashes(0, size)).toEqual(leaves);
    const level1 = await reader.hashes(1, Math.floor(size / 256));
    expect(level1).toEqual([treeHash(leaves.slice(0, 256))]);
    expect(JSON.parse(entries[0]?.toString() ?? "")).toMatchObject({ v: "1" });
  });

  test("full tiles may be kept for ever; what is beyond the checkpoint is not found, and what is no tile is refused", async () => {
    const { size } = await checkpoint();
    const full = await fetched("tile/entries/000");
    expect([full.status, full.headers["content-type"]]).toEqual([200, "application/octet-stream"]);
    expect(full.headers["cache-control"]).toContain("immutable");
    const partial = await fetched(`tile/0/001.p/${size - 256}`);
    expect([partial.status, partial.headers["cache-control"]]).toEqual([200, "no-store"]);
    const beyond = [
      `tile/0/001.p/${size - 255}`,
      "tile/0/001",
      "tile/entries/001",
      "tile/1/000",
      "tile/2/000.p/1",
      "tile/5/x999/999",
    ];
    for (const path of beyond) expect([path, (await fetched(path)).status]).toEqual([path, 404]);
    const no = ["0/0", "0/000.p/0", "0/000.p/256", "0/000.p/999", "6/000", "0/x000/001", "-1/000", "entries/0000"];
    for (const path of no) expect([path, (await fetched(`tile/${path}`)).status]).toEqual([path, 400]);
  });

  test("a mutation's proof_url leads, once sealed, to a proof that holds without us", async () => {
    const { body: project } = await api.post("/v1/projects", { name: "proved" });
    expect(project).toMatchObject({ sealed: false, proof_url: expect.stringMatching(/^\/v1\/audit\/proof\//) });
    expect((await api.get(project.proof_url)).body.code).toBe("log_unsealed");
    await sealLog(api.db);
    const { body: told } = await api.get(project.proof_url);
    const { envelope, seq, size, root, leaf, proof } = told;
    expect(JSON.parse(envelope)).toMatchObject({
      id: told.event_id,
      event_type: "project.created",
      subject_id: project.id,
    });
    expect(leafOf(Buffer.from(envelope)).toString("hex")).toBe(leaf);
    const steps = proof.map((step: string) => Buffer.from(step, "base64"));
    expect(verifyInclusion(seq, size, Buffer.from(leaf, "hex"), steps, Buffer.from(root, "hex"))).toBe(true);
    expect(told.checkpoint.split("\n")[2]).toBe(Buffer.from(root, "hex").toString("base64"));
    expect((await api.get(`/v1/audit/proof/${ABSENT}`)).status).toBe(404);
    expect((await api.get("/v1/audit/proof/nonsense")).status).toBe(400);
  });

  const MADE: readonly [string, string, object][] = [
    ["run", "/v1/runs", { project: "proved", model: "priced", prd: { title: "Sums", body: "# Sums\n\nIt adds." } }],
    ["project", "/v1/projects", { name: "another" }],
    ["director action", "/v1/director/actions", { action: "stop_all", reason: "to be proved" }],
    ["agent", "/v1/agents", { slug: "proved-agent", capabilities: ["review"], reason: "to be proved" }],
    ["key", "/v1/keys", { name: "proved", role: "observer", key_sha256: "ab".repeat(32), reason: "to be proved" }],
  ];

  test.each(MADE)(
    "the reply to a new %s names its own event, and stays the same when it is repeated",
    async (what, url, body) => {
      const headers = { "idempotency-key": `proved-${what.replace(" ", "-")}` };
      const reply = await api.post(url, body, { headers });
      expect([reply.status, reply.body.sealed]).toEqual([201, false]);
      await sealLog(api.db);
      const { body: proof } = await api.get(reply.body.proof_url);
      expect(JSON.parse(proof.envelope).subject_id).toBe(reply.body.id);
      expect((await api.post(url, body, { headers })).text).toBe(reply.text);
    },
  );

  test("any two signed sizes are consistent; sizes that were never signed up to now are refused", async () => {
    const sizes = (await fetched("checkpoints?limit=100")).body.data as { size: number; root: string }[];
    expect(sizes.length).toBeGreaterThan(2);
    const [newest] = sizes;
    for (const older of sizes) {
      const { body } = await fetched(`consistency?from=${older.size}&to=${newest?.size}`);
      const proof = body.proof.map((step: string) => Buffer.from(step, "base64"));
      const [from, to] = [Buffer.from(older.root, "hex"), Buffer.from(newest?.root ?? "", "hex")];
      expect(verifyConsistency(body.from, body.to, proof, from, to)).toBe(true);
    }
    expect((await fetched(`consistency?from=1&to=${(newest?.size ?? 0) + 1}`)).status).toBe(404);
    expect((await fetched("consistency?from=2&to=1")).status).toBe(400);
    expect((await fetched("consistency?to=1")).status).toBe(400);
  });

  test("checkpoints are listed by pages, newest first, with who cosigned; the cosignature stands under the note", async () => {
    const { size, origin } = await checkpoint();
    const witness = signerOf("example/witness", Buffer.alloc(32, 9), COSIGNATURE);
    const text = (await checkpoint()).text.split("\n\n")[0] ?? "";
    const cosigned = cosign(`${text}\n`, 1_790_000_000, witness);
    await allDone(
      callVerb(api.db.pools.auditor, "record_cosignatures", AUDITOR, [size], ["example/witness"], [cosigned]),
    );
    expect((await checkpoint()).text.endsWith(`${cosigned}\n`)).toBe(true);
    const first = (await fetched("checkpoints?limit=1")).body;
    expect(first.data).toMatchObject([
      { size, cosigned_by: ["example/witness"], note: expect.stringContaining(origin) },
    ]);
    const second = (await fetched(`checkpoints?limit=1&cursor=${first.next_cursor}`)).body;
    expect(second.data[0].size).toBeLessThan(size);
    expect(second.data[0].cosigned_by).toEqual([]);
  });

  test("keys are listed as texts that parse", async () => {
    const { origin } = await checkpoint();
    const { text } = logSigner(origin).verifier;
    await allDone(callVerb(api.db.pools.auditor, "register_audit_keys", AUDITOR, [text], "first key of the log"));
    const { body } = await fetched("keys");
    expect(body.items).toEqual([
      { verifier_key: text, created_at: expect.any(String), retired_at: null, reason: "first key of the log" },
    ]);
    expect(parseVerifier(body.items[0].verifier_key).name).toBe(origin);
  });

  test("a service key, which could be an agent's, reads nothing of it", async () => {
    const headers = { authorization: `Bearer ${api.keys.service}` };
    for (const path of ["checkpoint", "tile/0/000", "export", "keys", "checkpoints", `proof/${ABSENT}`])
      expect([path, (await api.get(`/v1/audit/${path}`, { headers })).status]).toEqual([path, 403]);
  });
});
