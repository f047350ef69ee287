import { chmodSync } from "node:fs";
import type { Server } from "node:http";
import { createLog } from "@aura/shared/log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GateClient } from "../../src/dependencies/gate-client.ts";
import { openRegistryGate } from "../../src/dependencies/registry-gate.ts";
import { type ResolveRequest, resolveDependencies } from "../../src/dependencies/resolve.ts";
import type { Sandbox } from "../../src/sandbox/port.ts";
import { type FakePackage, type FakeRegistry, startFakeRegistry } from "../dependencies/fake-registry.ts";
import { RULES } from "../dependencies/rules.ts";
import { treeOf } from "./products.ts";

const old = { version: "1.2.0", age: 400 };
const NPM: FakePackage[] = [
  {
    ...old,
    name: "greets-well",
    files: { "index.js": `exports.greet = (name) => require("ends-well").end("Hello " + name);` },
    manifest: { dependencies: { "ends-well": "^1.0.0" } },
  },
  { ...old, name: "ends-well", files: { "index.js": `exports.end = (text) => text + "!";` } },
  {
    ...old,
    name: "wants-script",
    files: {
      "index.js": `exports.made = require("node:fs").existsSync(__dirname + "/made");`,
      ".npmrc": "ignore-scripts=false\nscript-shell=./run.sh\n",
      "run.sh": "#!/bin/sh\ntouch made\n",
      "binding.gyp": '{ "targets": [{ "target_name": "x", "actions": [{ "action": ["touch", "made"] }] }] }',
    },
    manifest: {
      scripts: Object.fromEntries(
        ["preinstall", "install", "postinstall", "prepare", "prepublish"].map((name) => [name, "touch made"]),
      ),
    },
  },
  { ...old, name: "wants-fee", files: { "index.js": "" }, manifest: { license: "SEE LICENSE IN EULA" } },
];
const PYPI: FakePackage[] = [
  {
    ...old,
    name: "greets-well",
    files: { "greets_well/__init__.py": "def greet(name):\n    return 'Hello ' + name + '!'\n" },
  },
];

/** What a sandbox must do with packages, on every level. `gate` is the socket that it was opened with. */
export function installs(name: string, gate: string, opened: () => Sandbox): void {
  describe(`packages, ${name}`, () => {
    let registry: FakeRegistry;
    let server: Server;

    beforeAll(async () => {
      registry = await startFakeRegistry(NPM, PYPI);
      const log = createLog("registry", "silent");
      server = await openRegistryGate({ registries: { npm: registry.npm, pypi: registry.pypi }, log }, gate);
      chmodSync(gate, 0o666); // the sandbox may be another user's
    });
    afterAll(() => {
      server.close();
      server.closeAllConnections();
      registry.close();
    });

    const resolve = (toolchain: string, name: string, rules: Partial<ResolveRequest["rules"]> = {}, version = "") =>
      resolveDependencies(new GateClient(gate), opened(), {
        toolchain,
        dependencies: [{ name, version, reason: "" }],
        rules: { ...RULES, ...rules },
      });

    async function run(toolchain: string, script: string, dependencies?: ReadonlyMap<string, Buffer>) {
      const request = { toolchain, tree: treeOf({ "README.md": "" }), attachments: new Map(), dependencies };
      return opened().runCheck({ ...request, command: "script", arguments: [script] });
    }

    test("of npm are fetched with all that they need, and a product imports them", async () => {
      const { refusals, resolution, layer } = await resolve("typescript", "greets-well", {}, "^1.0.0");
      expect(refusals).toEqual([]);
      expect(resolution?.packages).toMatchObject([
        { name: "ends-well", version: "1.2.0", licence: "MIT", direct: false },
        { name: "greets-well", version: "1.2.0", licence: "MIT", direct: true },
      ]);
      const script = `import { greet } from "greets-well"; console.log(greet("you"));`;
      expect(await run("typescript", script, layer)).toMatchObject({ exit_code: 0, stdout: "Hello you!\n" });
      expect(await run("typescript", script)).toMatchObject({ exit_code: 1 });
      const same = await resolve("typescript", "greets-well", {}, "^1.0.0");
      expect(same.resolution?.layer_sha256).toBe(resolution?.layer_sha256);
      const writes = `import { writeFileSync } from "node:fs"; writeFileSync("/dependencies/node_modules/ends-well/index.js", "");`;
      expect((await run("typescript", writes, layer)).exit_code).not.toBe(0);
    });

    test("of PyPI likewise", async () => {
      const { refusals, resolution, layer } = await resolve("python", "greets-well", {}, ">=1,<2");
      expect(refusals).toEqual([]);
      expect(resolution?.packages).toMatchObject([{ name: "greets-well", version: "1.2.0", licence: "MIT" }]);
      const script = "from greets_well import greet; print(greet('you'))";
      expect(await run("python", script, layer)).toMatchObject({ exit_code: 0, stdout: "Hello you!\n" });
      expect(await run("python", script)).toMatchObject({ exit_code: 1 });
    });

    test("run no script when they are installed (escape 45): refused, or listed by a person and installed without", async () => {
      const refused = await resolve("typescript", "wants-script");
      expect(refused.resolution).toBeNull();
      expect(refused.refusals[0]?.reason).toContain("wants to run a script");
      const listed = await resolve("typescript", "wants-script", { listed: ["npm:wants-script"] });
      const script = `import { made } from "wants-script"; console.log(made);`;
      expect(await run("typescript", script, listed.layer)).toMatchObject({ exit_code: 0, stdout: "false\n" });
    });

    test("with another licence, or in a version that there is not, are refused with the reason", async () => {
      expect((await resolve("typescript", "wants-fee")).refusals[0]?.reason).toContain("SEE LICENSE IN EULA");
      const missing = await resolve("typescript", "greets-well", {}, "^9.0.0");
      expect(missing.refusals[0]?.reason).toContain("No matching version found for greets-well@^9.0.0");
      expect(missing.evidence).toMatchObject({ kind: "dependency_resolution", exit_code: 1, tree_sha256: null });
      expect((await resolve("python", "greets-well", {}, ">=9")).refusals[0]?.reason).toContain("greets-well>=9");
    });
  });
}
