import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";
import { type LandedRun, landedRun, TREES } from "./landed-run.ts";

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
