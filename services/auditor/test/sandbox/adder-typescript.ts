import type { PlanInterfaces } from "../../src/sandbox/port.ts";
import { acceptanceTest, BOUNDARY_SUITE, treeOf } from "./products.ts";

/** The adder of products.ts in TypeScript. */
export const TYPESCRIPT_ADDER = treeOf({
  "src/core.ts":
    "export class NotNumbers extends Error {}\n\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n",
  "src/version.ts": 'export const VERSION: string = "1.0";\n',
  "src/main.ts": `
import { appendFileSync, readFileSync } from "node:fs";
import { add } from "./core.ts";

function main(args: readonly string[]): void {
  const [first = "", second = ""] = args;
  if (first === "show") {
    console.log(process.cwd(), readFileSync("note.txt", "utf8"), readFileSync(0, "utf8"));
  } else if (first === "append") appendFileSync("log.txt", "x");
  else console.log(add(Number(first), Number(second)));
}

if (import.meta.main) main(process.argv.slice(2));
`,
  "src/web.ts": `
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { add } from "./core.ts";

interface Pair {
  readonly a: number;
  readonly b: number;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (request.method === "PUT") writeFileSync("stored.txt", text);
  const pair = request.method === "POST" ? (JSON.parse(text) as Pair) : null;
  const stored = request.url === "/stored" && request.method === "GET" ? readFileSync("stored.txt", "utf8") : undefined;
  response.writeHead(pair === null ? 200 : 201, { "content-type": "application/json" });
  response.end(JSON.stringify(pair === null ? { path: request.url, stored } : { sum: add(pair.a, pair.b) }));
}

createServer(answer).listen(Number(process.env.PORT), "127.0.0.1");
`,
  "test/core.test.ts":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { add } from "../src/core.ts";\n\ntest("sum", () => assert.equal(add(1, 2), 3));\n',
});

export const TYPESCRIPT_ADDER_INTERFACES: PlanInterfaces = {
  modules: [
    {
      path: "src/core.ts",
      purpose: "adds",
      symbols: [
        {
          kind: "function",
          name: "add",
          signature: "export function add(a: number, b: number): number",
          methods: [],
          doc: "",
        },
        {
          kind: "exception",
          name: "NotNumbers",
          signature: "export class NotNumbers extends Error",
          methods: [],
          doc: "",
        },
      ],
    },
    {
      path: "src/version.ts",
      purpose: "version",
      symbols: [{ kind: "constant", name: "VERSION", signature: "export const VERSION: string", methods: [], doc: "" }],
    },
  ],
  cli: [{ name: "adder", command: ["node", "src/main.ts"], usage: "adder A B" }],
  http: [
    {
      name: "web",
      command: ["node", "src/web.ts"],
      port_variable: "PORT",
      ready_path: "/",
      routes: ["GET /", "POST /", "PUT /stored", "GET /stored"],
    },
  ],
};

export const TYPESCRIPT_ADDER_SUITE = [
  ...BOUNDARY_SUITE,
  acceptanceTest(
    "probe",
    `const sum = await product.probe('import { add } from "/product/src/core.ts"; const sum: number = add(2, 3); console.log(JSON.stringify({ sum }));');
assert.deepEqual(sum, { sum: 5 });
await assert.rejects(product.probe('import { NotNumbers } from "/product/src/core.ts"; throw new NotNumbers("no");'), /NotNumbers.*: no/);`,
  ),
];
