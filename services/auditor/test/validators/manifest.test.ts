import type { DependencyResolution } from "@aura/shared/schemas/dependencies";
import { expect, test } from "vitest";
import { manifestFindings } from "../../src/validators/manifest.ts";
import { codesOf } from "./fixtures.ts";

const resolutionOf = (ecosystem: DependencyResolution["ecosystem"], ...names: string[]): DependencyResolution => ({
  ecosystem,
  registry: "https://registry.example/",
  layer_sha256: "0".repeat(64),
  files: 1,
  bytes: 1,
  packages: [
    ...names.map((name) => ({ name, version: "1.2.0", licence: "MIT", integrity: "x", direct: true })),
    { name: "needed-by-another", version: "3.0.0", licence: "MIT", integrity: "x", direct: false },
  ],
});

const SCOPE = ["src/**", "package.json", "requirements.txt"];
const npm = (
  text: string | null,
  scope = SCOPE,
  resolution: DependencyResolution | null = resolutionOf("npm", "a", "b"),
) => {
  const tree = new Map(text === null ? [] : [["package.json", Buffer.from(text)]]);
  return codesOf(manifestFindings("typescript", resolution, tree, scope));
};
const pip = (text: string) => {
  const tree = new Map([["requirements.txt", Buffer.from(text)]]);
  return codesOf(manifestFindings("python", resolutionOf("pypi", "ruamel-yaml"), tree, SCOPE));
};

test("package.json names exactly what was fetched for the plan", () => {
  expect(npm('{"type":"module","dependencies":{"a":"1.2.0","b":"1.2.0"}}')).toEqual([]);
  for (const wrong of [
    null,
    "",
    "[]",
    '{"dependencies":{"a":"1.2.0"}}',
    '{"dependencies":{"a":"1.2.0","b":"^1.2.0"}}',
    '{"dependencies":{"a":"1.2.0","b":"1.2.0","c":"1.0.0"}}',
    '{"dependencies":{"a":"1.2.0","b":"1.2.0"},"devDependencies":{"vitest":"5.0.0"}}',
    '{"dependencies":{"a":"1.2.0","b":["1.2.0"]}}',
  ])
    expect(npm(wrong)).toEqual(["manifest_differs"]);
});

test("requirements.txt likewise, however a name is spelt", () => {
  expect(pip("# packages\nRuamel_Yaml == 1.2.0  # parser\n\n")).toEqual([]);
  for (const wrong of ["", "ruamel.yaml\n", "ruamel.yaml>=1\n", "ruamel.yaml==1.2.0\nflask==3.0.0\n", "-r other.txt\n"])
    expect(pip(wrong)).toEqual(["manifest_differs"]);
});

test("only the task that may write it is asked, and only where the plan has dependencies", () => {
  expect(npm(null, ["src/**"])).toEqual([]);
  expect(npm(null, SCOPE, null)).toEqual([]);
});
