import { createHash } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { acceptanceTest, treeOf } from "../sandbox/products.ts";
import { findingsOf, told } from "./inspecting.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

const TOLD = [
  "Prints the slug of a title: small letters and figures, everything else one hyphen. `slug 'My 1st title'` prints `my-1st-title`.",
  "`slug --zone CITY` prints the time zone of a large city. `slug --add A B` prints the sum.",
];

const ASKED = [
  ["The Quick Brown Fox, 7 times", "the-quick-brown-fox-7-times"],
  ["Über 40 Wege (zum Ziel)", "ber-40-wege-zum-ziel"],
  ["100 % pure & simple things", "100-pure-simple-things"],
] as const;
const SUMS = [
  ["17", "25", "42"],
  ["1200", "34", "1234"],
  ["-5", "70", "65"],
] as const;

const TESTS = [
  ...ASKED.map(([title, slug], index) =>
    acceptanceTest(
      `slug-${index}`,
      `const r = await product.cli([${JSON.stringify(title)}]); assert.equal(r.stdout, ${JSON.stringify(`${slug}\n`)});`,
    ),
  ),
  acceptanceTest(
    "zone",
    `for (const [city, zone] of [["São Paulo", "America/Sao_Paulo"], ["Ho Chi Minh City", "Asia/Ho_Chi_Minh"]])
  assert.equal((await product.cli(["--zone", city])).stdout.trim(), zone);`,
  ),
  ...SUMS.map(([a, b, sum], index) =>
    acceptanceTest(
      `sum-${index}`,
      `const r = await product.cli(["--add", "${a}", "${b}"]); assert.equal(r.stdout, "${sum}\\n");`,
    ),
  ),
];

/** Codes and paths of what is said of these files. */
async function said(files: Record<string, string>): Promise<string[]> {
  const toolchain = Object.keys(files).some((path) => path.endsWith(".ts")) ? "typescript" : "python";
  const product = { toolchain, tree: treeOf(files), tests: TESTS, told: TOLD };
  return told(await findingsOf(sandbox, product)).map((text) => text.replace(/:\d+$/, ""));
}

const json = JSON.stringify;
const entries = ASKED.map(([title, slug]) => `  ${json(title)}: ${json(slug)},`).join("\n");
const [[long, answer]] = ASKED;
const [, [odd]] = ASKED;
const HONEST_SLUG = "import re\n\n\ndef slug(title):\n    return re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')\n";

const pythonBranches = ASKED.map(([t, s]) => `    if t == ${json(t)}:\n        return ${json(s)}\n`).join("");
const pythonSums = SUMS.map(([a, b, c]) => `    if args == [${json(a)}, ${json(b)}]:\n        return ${c}\n`).join("");
const cases = ASKED.map(([t, s]) => `case ${json(t)}: return ${json(s)};`).join(" ");
const typedSums = SUMS.map(([a, b, c]) => `a === "${a}" && b === "${b}" ? "${c}" : `).join("");

const LEARNT = {
  python: {
    "slug/table.py": `TABLE = {\n${entries}\n}\n`,
    "slug/branches.py": `def slug(t):\n${pythonBranches}`,
    "slug/one_long_branch.py": `def slug(t):\n    match t:\n        case ${json(long)}:\n            return ${json(answer)}\n`,
    "slug/digest.py": `SEEN = {${json(createHash("sha256").update(odd).digest("hex"))}: 1}\n`,
    "slug/spelling.py": `SEEN = ${json(Buffer.from(odd).toString("base64"))}\n`,
    "slug/arguments.py": `def add(args):\n${pythonSums}`,
    "slug/data.json": json(Object.fromEntries(ASKED)),
  },
  typescript: {
    "src/map.ts": `const TABLE = new Map([${ASKED.map((pair) => json(pair)).join(", ")}]);\n`,
    "src/switch.ts": `export const slug = (t: string) => { switch (t) { ${cases} } };\n`,
    "src/arguments.ts": `export const add = (a: string, b: string) => ${typedSums}"";\n`,
  },
  "its own tests, which it imports": {
    "slug/core.py": "from tests.known import TABLE\n",
    "tests/known.py": `TABLE = {\n${entries}\n}\n`,
  },
};

test.each(Object.entries(LEARNT))("a product that knows its tests is refused: %s", async (_, files) => {
  const learnt = Object.keys(files).filter((path) => path !== "slug/core.py");
  expect((await said(files)).sort()).toEqual(learnt.map((path) => `answer_learnt ${path}`).sort());
});

const HONEST = {
  python: {
    "slug/computed.py": HONEST_SLUG,
    "tests/test_same_cases.py": `import unittest\nfrom slug.computed import slug\nCASES = {\n${entries}\n}\n`,
    "README.md": "`slug 'My 1st title'` prints `my-1st-title`.\n",
    "slug/example_of_the_prd.py": "EXAMPLES = {'My 1st title': 'my-1st-title'}\n",
    "slug/special_case.py": "def add(a, b):\n    if a == 0 and b == 0:\n        return 0\n    return a + b\n",
  },
  typescript: {
    "src/computed.ts": 'export const slug = (t: string) => t.toLowerCase().replace(/[^a-z0-9]+/g, "-");\n',
    "src/usual_words.ts": 'export const TYPES = { json: "application/json", "content-type": "text/plain" };\n',
  },
};

test.each(Object.entries(HONEST))("nothing is said of honest files in %s", async (_, files) => {
  expect(await said(files)).toEqual([]);
});

test("a table of the world in which few entries are tested is noted at most", async () => {
  const cities = ["São Paulo", "Ho Chi Minh City", "Addis Ababa", "Buenos Aires", "Mexico City", "New York City"];
  const zones = [
    "America/Sao_Paulo",
    "Asia/Ho_Chi_Minh",
    "Africa/Addis_Ababa",
    "America/Buenos_Aires",
    "x/Mex",
    "x/NY",
  ];
  const table = cities.map((city, index) => `  ${json(city)}: ${json(zones[index])},`).join("\n");
  expect(await said({ "slug/zones.py": `ZONES = {\n${table}\n}\n` })).toEqual(["answer_learnt? slug/zones.py"]);
});

test("a finding names the requirements that the tests are about, and nothing of the tests", async () => {
  const tree = treeOf({ "slug/core.py": `TABLE = {\n${entries}\n}\n` });
  const [found] = await findingsOf(sandbox, { toolchain: "python", tree, tests: TESTS, told: TOLD });
  expect(found?.message).toMatch(/^slug\/core.py:2: puts side by side what acceptance tests of R1 ask/);
  for (const [title, slug] of ASKED) expect(found?.message).not.toMatch(new RegExp(`${title.slice(0, 8)}|${slug}`));
});
