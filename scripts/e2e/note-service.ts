import type { ScriptedProduct } from "./scripted-model.ts";

/** A small HTTP service in TypeScript for whole-system tests. Its first version does not compile: it has an enum. */
export const NOTES_PRD = `# notes

A service that keeps notes.

## Notes

- \`PUT /notes/NAME\` with \`{"text": TEXT}\` keeps the note and answers 201 with \`{"name": NAME, "text": TEXT}\`.
- \`GET /notes/NAME\` answers 200 with the note, or 404 with \`{"error": "no such note"}\`.
- Notes are still there when the service was ended and is started again in the same working directory.
`;

const RULES = [
  ['PUT /notes/NAME with {"text": TEXT} keeps the note and answers 201 with it.', "keeps a note"],
  ["GET /notes/NAME answers 200 with the note, or 404 with an error.", "shows a note"],
  ["Notes are still there when the service is started again.", "keeps notes for good"],
] as const;

const requirements = () => ({
  requirements: RULES.map(([text, title], index) => ({
    id: `R${index + 1}`,
    block_ids: [`B${index + 4}`],
    kind: "functional",
    priority: "must",
    title,
    text,
    acceptance_criteria: [text],
    verification_method: "test",
  })),
  dispositions: ["B1", "B2", "B3"].map((block_id) => ({ block_id, disposition: "context", reason: "names it" })),
  questions: [],
});

const IDS = ["R1", "R2", "R3"];

const plan = () => ({
  toolchain: "typescript",
  summary: "src/store.ts keeps notes in a file, src/server.ts serves them.",
  components: [{ name: "notes", purpose: "the whole service", paths: ["src/**"], requirement_ids: IDS }],
  interfaces: {
    modules: [
      {
        path: "src/store.ts",
        purpose: "keeps notes in a file",
        symbols: [
          { kind: "class", name: "Note", signature: "export interface Note { name: string; text: string }" },
          {
            kind: "class",
            name: "Store",
            signature: "export class Store",
            methods: ["constructor(path: string)", "put(note: Note): void", "get(name: string): Note | undefined"],
          },
        ],
      },
    ],
    cli: [],
    http: [
      {
        name: "notes",
        command: ["node", "src/server.ts"],
        port_variable: "PORT",
        ready_path: "/notes/none",
        routes: ["PUT /notes/NAME", "GET /notes/NAME"],
      },
    ],
  },
  dependencies: [],
  tasks: [
    {
      key: "T1",
      title: "The service",
      description: "Write the store and the server.",
      requirement_ids: IDS,
      closes: IDS,
      depends_on: [],
      file_scope: ["src/**", "tests/**", "package.json"],
    },
  ],
});

const TESTS = [
  {
    id: "R1-keeps",
    requirement_ids: ["R1"],
    title: "a note that is put is answered",
    body: `await product.serve();
const put = await product.http({ method: "PUT", path: "/notes/a", body: { text: "hello" } });
assert.deepEqual([put.status, put.json], [201, { name: "a", text: "hello" }]);`,
    timeout_s: 15,
  },
  {
    id: "R1-store",
    requirement_ids: ["R1"],
    title: "a store gives back what was put",
    body: `const got = await product.probe(\`
import { type Note, Store } from "/product/src/store.ts";
const store = new Store("notes.json");
const note: Note = { name: "b", text: "two" };
store.put(note);
console.log(JSON.stringify([store.get("b"), store.get("c") ?? null]));
\`);
assert.deepEqual(got, [{ name: "b", text: "two" }, null]);`,
    timeout_s: 15,
  },
  {
    id: "R2-missing",
    requirement_ids: ["R2"],
    title: "a note that is not there is an error",
    body: `await product.serve();
const none = await product.http({ path: "/notes/none" });
assert.deepEqual([none.status, none.json], [404, { error: "no such note" }]);`,
    timeout_s: 15,
  },
  {
    id: "R3-restart",
    requirement_ids: ["R3"],
    title: "a note is there after a restart",
    body: `await product.serve();
await product.http({ method: "PUT", path: "/notes/a", body: { text: "kept" } });
await product.stop();
await product.serve();
assert.equal((await product.http({ path: "/notes/a" })).json.text, "kept");`,
    timeout_s: 15,
  },
];

const STORE = `import { existsSync, readFileSync, writeFileSync } from "node:fs";

export interface Note {
  readonly name: string;
  readonly text: string;
}

/** Notes in one file. */
export class Store {
  private readonly path: string;
  private readonly notes: Map<string, Note>;

  constructor(path: string) {
    this.path = path;
    this.notes = new Map(existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as [string, Note][]) : []);
  }

  put(note: Note): void {
    this.notes.set(note.name, note);
    writeFileSync(this.path, JSON.stringify([...this.notes]));
  }

  get(name: string): Note | undefined {
    return this.notes.get(name);
  }
}
`;

const STATUS = {
  enum: "enum Status {\n  Ok = 200,\n  Created = 201,\n  Missing = 404,\n}\n",
  erasable: "const Status = { Ok: 200, Created: 201, Missing: 404 } as const;\n",
};

const server = (status: string) => `import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Store } from "./store.ts";

${status}
const store = new Store("notes.json");

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = request.url?.split("/").at(-1) ?? "";
  if (request.method === "PUT") {
    let body = "";
    for await (const chunk of request) body += chunk;
    store.put({ name, text: (JSON.parse(body) as { text: string }).text });
  }
  const note = store.get(name);
  const found = request.method === "PUT" ? Status.Created : Status.Ok;
  response.writeHead(note === undefined ? Status.Missing : found, { "content-type": "application/json" });
  response.end(JSON.stringify(note ?? { error: "no such note" }));
}

createServer(answer).listen(Number(process.env.PORT), "127.0.0.1");
`;

const OWN_TEST = `import assert from "node:assert/strict";
import test from "node:test";
import { Store } from "../src/store.ts";

test("a store begins empty", () => assert.equal(new Store("/nowhere/notes.json").get("a"), undefined));
`;

export const NOTE_SERVICE: ScriptedProduct = {
  name: "notes",
  requirements,
  plan,
  suite: (wanted) => ({
    prelude: "",
    tests: TESTS.filter(({ requirement_ids }) => requirement_ids.every((id) => wanted.includes(id))),
    rulings: [],
  }),
  rulings: () => ({ prelude: "", tests: [], rulings: [] }),
  implementation: (prompt) => ({
    files: {
      "package.json": '{ "type": "module" }\n',
      "src/store.ts": STORE,
      "src/server.ts": server(/enum is not supported/.test(prompt) ? STATUS.erasable : STATUS.enum),
      "tests/store.test.ts": OWN_TEST,
    },
    disputes: [],
  }),
};
