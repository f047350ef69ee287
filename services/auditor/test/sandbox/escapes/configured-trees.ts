import type { Tree } from "@aura/shared/models/tree";
import { treeOf } from "../products.ts";

/** Where what a tool executes tries to get to. */
export interface Target {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Folders outside. */
  readonly folders: readonly string[];
}

const script = (target: Target) => `
for (const host of ${JSON.stringify(target.addresses)})
  require("node:net").connect({ host, port: ${target.port} }).on("error", () => {});
for (const folder of ${JSON.stringify(target.folders)})
  try { require("node:fs").writeFileSync(folder + "/configured", "x"); } catch {}
`;

const module_ = (target: Target) =>
  `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n${script(target)}\nexport default {};\n`;

const python = (target: Target) => `
import socket
for host in ${JSON.stringify(target.addresses)}:
    try:
        socket.create_connection((host, ${target.port}), 0.2).close()
    except OSError:
        pass
for folder in ${JSON.stringify(target.folders)}:
    try:
        open(folder + "/configured", "w").close()
    except OSError:
        pass
`;

/** Configuration that tools of the JavaScript world execute when they are started beside it. */
const configuration = (target: Target) => ({
  "eslint.config.js": module_(target),
  "vitest.config.ts": module_(target),
  "plugin.cjs": script(target),
  "tsconfig.json": JSON.stringify({
    compilerOptions: { plugins: [{ name: "./plugin.cjs", transform: "./plugin.cjs" }] },
  }),
  ".npmrc": "script-shell=/product/plugin.cjs\nnode-options=--require /product/plugin.cjs\n",
  ".env": "NODE_OPTIONS=--require /product/plugin.cjs\n",
  ".gitattributes": "* filter=evil diff=evil\n",
  ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c evil\n',
  Makefile: "all:\n\tnode plugin.cjs\n$(shell node plugin.cjs)\n",
});

/** Trees whose own files want to be executed by whatever works on them, by toolchain. */
export function configuredTrees(target: Target): Readonly<Record<"python" | "typescript", Tree>> {
  return {
    python: treeOf({
      ...configuration(target),
      "adder.py": "def add(a, b):\n    return a + b\n",
      "conftest.py": python(target),
      "sitecustomize.py": python(target),
      "usercustomize.py": python(target),
      "setup.py": python(target),
      "tests/test_adder.py": `${python(target)}\nimport unittest\n`,
      "pytest.ini": "[pytest]\naddopts = -p conftest\n",
    }),
    typescript: treeOf({
      ...configuration(target),
      "package.json": JSON.stringify({
        type: "module",
        scripts: { preinstall: "node plugin.cjs", test: "node plugin.cjs", prepare: "node plugin.cjs" },
      }),
      "src/adder.ts": "export function add(a: number, b: number): number { return a + b; }\n",
      "src/adder.test.ts": module_(target),
    }),
  };
}
