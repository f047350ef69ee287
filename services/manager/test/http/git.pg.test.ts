import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { createLog } from "@aura/shared/log";
import { TreePath } from "@aura/shared/schemas/prd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { type ApiUnderTest, apiUnderTest, FACTS } from "./api-under-test.ts";
import { ACTIVE, type LandedRun, landedRun, TREES } from "./landed-run.ts";

const run = promisify(execFile);
const ABSENT = "019abc00-0000-7000-8000-00000000abcd";
const folder = mkdtempSync(join(tmpdir(), "aura-clones-"));
let api: ApiUnderTest;
let landed: LandedRun;
let origin: string;

beforeAll(async () => {
  api = await apiUnderTest();
  landed = await landedRun(api.db);
  origin = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const git = async (...args: string[]) => {
  const env = { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" };
  return (await run("git", args, { cwd: folder, env })).stdout;
};
const urlOf = (run_id: string, key: string) => `${origin.replace("//", `//aura:${key}@`)}/git/${run_id}.git`;

describe("git clone", () => {
  test("gives every landed revision as a commit, with who wrote it and what proves it", async () => {
    await git("clone", "--quiet", urlOf(landed.run.run_id, api.keys.observer), "whole");
    for (const [path, body] of TREES[1] ?? [])
      expect(readFileSync(join(folder, "whole", path)).equals(body)).toBe(true);
    const commits = (await git("-C", "whole", "log", "--reverse", "--format=%an|%cn|%s|%(trailers:only,unfold)%x00"))
      .split("\0")
      .filter((text) => text.trim() !== "");
    expect(commits).toHaveLength(2);
    expect(commits[0]?.trim()).toMatch(/^developer-\d\|manager\|/);
    for (const name of ["Aura-Run", "Aura-Revision", "Aura-Task", "Aura-Verification", "Aura-Event"])
      expect(commits[1]).toContain(`${name}: `);
    const [, event = ""] = /Aura-Event: (\S+)/.exec(commits[1] ?? "") ?? [];
    const { rows } = await api.db.pools.admin.query("select subject_id from audit_events where id = $1", [event]);
    expect(rows).toEqual([{ subject_id: landed.revisions[1] }]);
    expect(await git("-C", "whole", "fsck", "--strict")).toBe("");
  });

  test("gives the same commits each time, and part of them when asked so", async () => {
    await git("clone", "--quiet", "--depth=1", urlOf(landed.run.run_id, api.keys.director), "shallow");
    expect((await git("-C", "shallow", "rev-list", "--count", "HEAD")).trim()).toBe("1");
    expect(await git("-C", "shallow", "rev-parse", "HEAD")).toBe(await git("-C", "whole", "rev-parse", "HEAD"));
  });

  test("makes no program run that a generated tree names, on either side: escape 46", async () => {
    const before = readdirSync(folder);
    const { run: active } = await landedRun(api.db, [ACTIVE, ACTIVE]);
    await git("clone", "--quiet", urlOf(active.run_id, api.keys.observer), "inert");
    expect(readFileSync(join(folder, "inert/.gitattributes"), "utf8")).toContain("filter=evil");
    expect(await git("-C", "inert", "status", "--porcelain")).toBe("");
    expect(
      await git("-C", "inert", "config", "--local", "--get-regexp", "hook|fsmonitor|filter|submodule").catch(
        () => "none",
      ),
    ).toBe("none");
    expect(readdirSync(folder).filter((name) => !before.includes(name))).toEqual(["inert"]);
    for (const path of [".git/config", "a/.git/hooks/post-checkout", ".GIT/config", ".git"])
      expect(TreePath.safeParse(path).success, path).toBe(false);
  });

  test("is refused without a key, with a wrong one, and for a run that is not there", async () => {
    await expect(git("clone", `${origin}/git/${landed.run.run_id}.git`, "none")).rejects.toThrow(
      /could not read Username|terminal prompts/,
    );
    await expect(git("clone", urlOf(landed.run.run_id, "wrong"), "none")).rejects.toThrow(
      /Authentication failed|40[13]/,
    );
    await expect(git("clone", urlOf(ABSENT, api.keys.director), "none")).rejects.toThrow(/not found/);
  });

  test("has no way to push", async () => {
    await git(
      "-C",
      "whole",
      "-c",
      "user.name=x",
      "-c",
      "user.email=x@x",
      "commit",
      "--quiet",
      "--allow-empty",
      "-m",
      "mine",
    );
    await expect(git("-C", "whole", "push", "--quiet")).rejects.toThrow(/not found|40\d/);
    const refs = await api.get(`/git/${landed.run.run_id}.git/info/refs?service=git-receive-pack`);
    expect([refs.status, refs.body.code]).toEqual([400, "validation_failed"]);
  });
});

test("what is not git's is refused with a problem", async () => {
  const path = `/git/${landed.run.run_id}.git/git-upload-pack`;
  const json = await api.post(path, { hello: 1 });
  expect([json.status, json.body.code]).toEqual([415, "unsupported_media_type"]);
  const pack = { headers: { "content-type": "application/x-git-upload-pack-request" }, payload: "0000" };
  const elsewhere = await api.app.inject({
    method: "POST",
    url: "/v1/projects",
    ...pack,
    headers: { ...pack.headers, authorization: `Bearer ${api.keys.director}` },
  });
  expect([elsewhere.statusCode, elsewhere.json().code]).toEqual([415, "unsupported_media_type"]);
  const outside = await api.get("/git/..%2f..%2fetc.git/info/refs?service=git-upload-pack");
  expect(outside.status).toBe(400);
});

describe("what a client may take", () => {
  const post = (payload: Buffer, coding: string) =>
    api.app.inject({
      method: "POST",
      url: `/git/${landed.run.run_id}.git/git-upload-pack`,
      headers: {
        authorization: `Bearer ${api.keys.observer}`,
        "content-type": "application/x-git-upload-pack-request",
        "content-encoding": coding,
      },
      payload,
    });

  test("a packed request is unpacked within a bound", async () => {
    const packed = (text: string | Buffer) => gzipSync(text);
    expect((await post(packed("0000"), "gzip")).statusCode).toBe(200);
    const bomb = await post(packed(Buffer.alloc(9 * 1024 * 1024)), "gzip");
    expect([bomb.statusCode, bomb.json().code]).toEqual([413, "payload_too_large"]);
    const garbage = await post(Buffer.from("not packed"), "gzip");
    expect([garbage.statusCode, garbage.json().code]).toEqual([400, "validation_failed"]);
    expect((await post(Buffer.from("0000"), "br")).statusCode).toBe(415);
  });

  test("clients that read nothing are dropped, and until then no more than eight are served", async () => {
    const big = await landedRun(api.db, [
      ...TREES.slice(0, 1),
      new Map([["sums/noise.bin", randomBytes(16 * 1024 * 1024)]]),
    ]);
    const { manager: pool, observer } = api.db.pools;
    const app = await buildApp({ pool, observer, log: createLog("test", "silent"), facts: FACTS, git_idle_ms: 8_000 });
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    const headers = { authorization: `Bearer ${api.keys.observer}` };
    const refs = () => fetch(`${address}/git/${big.run.run_id}.git/info/refs?service=git-upload-pack`, { headers });
    const stalled: IncomingMessage[] = [];
    try {
      const [head = ""] = /[0-9a-f]{40}(?= HEAD)/.exec(await (await refs()).text()) ?? [];
      for (let n = 0; n < 8; n += 1)
        stalled.push(await unread(`${address}/git/${big.run.run_id}.git/git-upload-pack`, head, headers));
      expect((await refs()).status).toBe(429);
      await expect.poll(async () => (await refs()).status, { interval: 500, timeout: 30_000 }).toBe(200);
    } finally {
      for (const answer of stalled) answer.destroy();
      await app.close();
    }
  });
});

/** Asks for everything and takes the head of the answer alone. */
function unread(url: string, head: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const media = { "content-type": "application/x-git-upload-pack-request" };
    const asking = request(url, { method: "POST", headers: { ...headers, ...media }, agent: false }, resolve);
    asking.once("error", reject);
    asking.end(`0032want ${head}\n00000009done\n`);
  });
}
