import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@aura/shared/log";
import type { Ecosystem } from "@aura/shared/schemas/dependencies";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GateClient } from "../../src/dependencies/gate-client.ts";
import { openRegistryGate } from "../../src/dependencies/registry-gate.ts";
import type { DependencyRules } from "../../src/dependencies/rules.ts";
import { type FakePackage, type FakeRegistry, startFakeRegistry } from "./fake-registry.ts";
import { RULES } from "./rules.ts";

const old = (name: string, more: Partial<FakePackage> = {}): FakePackage => ({
  ...{ name, version: "1.0.0", age: 400, files: { "index.js": "" } },
  ...more,
});

const NPM: FakePackage[] = [
  old("sound"),
  old("two-ages"),
  old("two-ages", { version: "2.0.0", age: 2 }),
  old("all-young", { age: 3 }),
  old("new-name", { age: 30 }),
  old("@scope/inside"),
  old("swapped", { swapped: true }),
  old("far-archive", { manifest: { dist: { tarball: "http://127.0.0.1:9/far.tgz", integrity: "sha512-AAAA" } } }),
  old("unhashed", { manifest: { dist: { tarball: "http://127.0.0.1:9/x.tgz" } } }),
  old("bundling", { manifest: { bundleDependencies: ["inner"] } }),
  old("from-git", { manifest: { dependencies: { inner: "git+https://example.org/inner.git" } } }),
  old("from-user", { manifest: { dependencies: { inner: "someone/inner" } } }),
  old("aliasing", { manifest: { dependencies: { inner: "npm:@scope/inside@^1.0.0" } } }),
];
const PYPI: FakePackage[] = [
  old("sound-wheel", { files: { "sound_wheel.py": "" } }),
  old("only-source", { entry: { filename: "only-source-1.0.0.tar.gz" } }),
  old("withdrawn", { entry: { yanked: "broken" } }),
  old("dateless", { entry: { "upload-time": undefined } }),
];

let registry: FakeRegistry;
let server: Server;
let away: Server;
const folder = mkdtempSync(join(tmpdir(), "gate-"));
const socket = join(folder, "gate");
const gate = new GateClient(socket);

beforeAll(async () => {
  registry = await startFakeRegistry(NPM, PYPI);
  const log = createLog("registry", "silent");
  server = await openRegistryGate({ registries: { npm: registry.npm, pypi: registry.pypi }, log }, socket);
  const closed = "http://127.0.0.1:9/";
  away = await openRegistryGate({ registries: { npm: closed, pypi: null }, log }, join(folder, "away"));
});
afterAll(() => {
  for (const one of [server, away]) {
    one.close();
    one.closeAllConnections();
  }
  registry.close();
  rmSync(folder, { recursive: true });
});

/** Opens a session for one package; what is refused, by name. */
async function refusals(ecosystem: Ecosystem, name: string, rules: Partial<DependencyRules> = {}, version = "") {
  const opened = await gate.open({ ecosystem, rules: { ...RULES, ...rules }, dependencies: [{ name, version }] });
  expect(opened.unavailable).toBeNull();
  if (opened.id !== "none") await gate.close(opened.id);
  return opened.refusals.map((refusal) => refusal.reason).join(" ");
}

test.each([
  ["npm", "sound"],
  ["npm", "@scope/inside"],
  ["npm", "two-ages"],
  ["npm", "aliasing"],
  ["pypi", "sound-wheel"],
  ["pypi", "Sound_Wheel"],
] as const)("%s: %s may be had", async (ecosystem, name) => {
  expect(await refusals(ecosystem, name)).toBe("");
});

test.each([
  ["npm", "no-such-thing", /does not exist/],
  ["npm", "all-young", /1\.0\.0: published 3 days ago, policy wants 7/],
  ["npm", "new-name", /first published 30 days ago, policy wants 90/],
  ["npm", "expresss", /looks like the well-known express/],
  ["npm", "loadsh", /looks like the well-known lodash/],
  ["npm", "far-archive", /outside the registry/],
  ["npm", "unhashed", /no SHA-512/],
  ["npm", "bundling", /brings other packages/],
  ["npm", "from-git", /needs inner from git\+https/],
  ["npm", "from-user", /needs inner from someone/],
  ["npm", "../etc", /no name of a package/],
  ["pypi", "no-such-thing", /does not exist/],
  ["pypi", "reqests", /looks like the well-known requests/],
  ["pypi", "only-source", /no wheel of it/],
  ["pypi", "withdrawn", /withdrawn by its author/],
  ["pypi", "dateless", /does not say when it was published/],
  ["pypi", "a b", /no name of a package/],
] as const)("%s: %s is refused with the reason", async (ecosystem, name, reason) => {
  expect(await refusals(ecosystem, name)).toMatch(reason);
});

test("versions are ranges and nothing else", async () => {
  for (const version of ["https://example.org/x.tgz", "file:../x", "npm:other@1", "latest; rm"])
    expect(await refusals("npm", "sound", {}, version)).toMatch(/a range such as/);
  for (const version of ["@ https://example.org/x.whl", "--index-url=http://x", "1.0"])
    expect(await refusals("pypi", "sound-wheel", {}, version)).toMatch(/a specifier such as/);
  expect(await refusals("pypi", "sound-wheel", {}, ">=1,<2")).toBe("");
});

test("policy can allow what is on its list, only that, or nothing", async () => {
  expect(await refusals("npm", "new-name", { listed: ["npm:new-name"] })).toBe("");
  expect(await refusals("npm", "all-young", { listed: ["npm:all-young"] })).toBe("");
  expect(await refusals("npm", "sound", { mode: "listed" })).toMatch(/not on the list/);
  expect(await refusals("npm", "sound", { mode: "listed", listed: ["npm:sound"] })).toBe("");
  expect(await refusals("npm", "sound", { mode: "none", listed: ["npm:sound"] })).toMatch(/dependencies.mode is none/);
});

test("a hundred invented names are a hundred refusals, and no archive is fetched", async () => {
  const dependencies = Array.from({ length: 50 }, (_, index) => ({ name: `invented-name-${index}`, version: "" }));
  const before = registry.asked.length;
  for (const ecosystem of ["npm", "pypi"] as const) {
    const opened = await gate.open({ ecosystem, rules: RULES, dependencies });
    expect(opened.refusals).toHaveLength(50);
  }
  expect(registry.asked.slice(before).filter((path) => path.includes("/-/"))).toEqual([]);
});

/** What a package manager would get. */
function ask(path: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, path, headers: { host: "127.0.0.1:1" }, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
    })
      .once("error", reject)
      .end();
  });
}

test("a package manager sees the versions that are left, and archives by them alone", async () => {
  const { id } = await gate.open({ ecosystem: "npm", rules: RULES, dependencies: [{ name: "two-ages", version: "" }] });
  const page = JSON.parse((await ask(`/${id}/npm/two-ages`)).body.toString());
  expect(Object.keys(page.versions)).toEqual(["1.0.0"]);
  expect(page["dist-tags"]).toEqual({ latest: "1.0.0" });
  expect(page.versions["1.0.0"].dist.tarball).toBe(`http://127.0.0.1:1/${id}/npm/two-ages/-/1.0.0.tgz`);
  expect((await ask(`/${id}/npm/two-ages/-/1.0.0.tgz`)).status).toBe(200);
  expect((await ask(`/${id}/npm/two-ages/-/2.0.0.tgz`)).status).toBe(404);
  expect((await ask(`/${id}/npm/%2e%2e%2fsimple/-/1.0.0.tgz`)).status).not.toBe(200);
  expect((await ask(`/${"0".repeat(32)}/npm/two-ages`)).status).toBe(404);
  const record = await gate.record(id);
  expect(record.served).toMatchObject([{ name: "two-ages", version: "1.0.0", licence: "MIT" }]);
  expect(record.refusals).toContainEqual({ name: "two-ages@2.0.0", reason: expect.stringContaining("2 days ago") });
  await gate.close(id);
  expect((await ask(`/${id}/npm/two-ages`)).status).toBe(404);
});

test("bytes that are not those that were promised are not handed out", async () => {
  const { id } = await gate.open({ ecosystem: "npm", rules: RULES, dependencies: [{ name: "swapped", version: "" }] });
  expect((await ask(`/${id}/npm/swapped/-/1.0.0.tgz`)).status).toBe(502);
  expect(await gate.record(id)).toMatchObject({ served: [], unavailable: "swapped is not what it promised" });
});

test("a registry that is away says nothing about a package; one that is switched off refuses all", async () => {
  const other = new GateClient(join(folder, "away"));
  const dependencies = [{ name: "sound", version: "" }];
  const opened = await other.open({ ecosystem: "npm", rules: RULES, dependencies });
  expect(opened).toMatchObject({ refusals: [], unavailable: expect.stringContaining("could not be asked") });
  const off = await other.open({ ecosystem: "pypi", rules: RULES, dependencies });
  expect(off.refusals).toEqual([{ name: "sound", reason: "cannot be installed here: AURA_PYPI_INDEX is none" }]);
  await expect(new GateClient(join(folder, "nobody")).record("0")).rejects.toThrow("did not answer");
}, 20_000);
