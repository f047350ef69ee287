import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { LanguageWords } from "./languages/words.ts";
import { DRAFT_RULES } from "./protocol.ts";
import { fenced, schemaText } from "./rendering.ts";

const EXAMPLE_CLI = `const run = await product.cli(["count", "notes.txt"], { files: { "notes.txt": "one two\\n  three\\n" } });
assert.equal(run.exit_code, 0, run.stderr);
assert.equal(run.stdout, "3 words\\n");
assert.equal(run.stderr, "");

// the same working directory: notes.txt is still there
const again = await product.cli(["count", "notes.txt", "--json"]);
assert.equal(again.exit_code, 0, again.stderr);
assert.deepEqual(JSON.parse(again.stdout), { words: 3 });`;

const EXAMPLE_STDIN = `const run = await product.cli(["count", "-"], { stdin: "déjà vu\\n" });
assert.equal(run.exit_code, 0, run.stderr);
assert.equal(run.stdout, "2 words\\n");`;

const EXAMPLE_ERROR = `const good = await product.cli(["count", "there.txt"], { files: { "there.txt": "a" } });
assert.equal(good.exit_code, 0, good.stderr);
const missing = await product.cli(["count", "absent.txt"]);
assert.equal(missing.exit_code, 1);
assert.equal(missing.stdout, "");
assert.match(missing.stderr, /absent\\.txt/, "the message names the file");`;

const EXAMPLE_HTTP = `await product.serve({ env: { DATA_DIR: "data" } });
const made = await product.http({
  method: "PUT",
  path: "/api/notes/first",
  body: { text: "hello" },
});
assert.equal(made.status, 201, made.body);
assert.equal(made.json.text, "hello");
const gone = await product.http({ method: "GET", path: "/api/notes/absent" });
assert.equal(gone.status, 404);
assert.equal(typeof gone.json.error.code, "string");
const end = await product.stop({ signal: "SIGTERM" });
assert.equal(end.exit_code, 0, end.stderr);

// the same working directory: what was stored is still there
await product.serve({ env: { DATA_DIR: "data" } });
assert.equal((await product.http({ path: "/api/notes/first" })).json.text, "hello");
await product.stop();

const refused = await product.serve({ env: { DATA_DIR: "" }, expect: "end" });
assert.equal(refused.exit_code, 2, refused.stderr);
assert.match(refused.stderr, /DATA_DIR/, "the message names the variable");`;

const EXAMPLE_LOAD = `const big = "word\\n".repeat(200000);
const from = Date.now();
const run = await product.cli(["count", "big.txt"], { files: { "big.txt": big }, timeout_s: 20 });
const seconds = (Date.now() - from) / 1000;
assert.equal(run.exit_code, 0, run.stderr);
assert.equal(run.stdout, "200000 words\\n");
assert.ok(seconds < 5, \`took \${seconds.toFixed(1)} s, allowed are 5 s\`);`;

const EXAMPLE_PRODUCT = {
  prelude: 'const NOTES = "one two\\n  three\\n";',
  tests: [
    {
      id: "R1-counts-words",
      requirement_ids: ["R1"],
      title: "count prints the number of words of a file",
      body: 'const run = await product.cli(["count", "notes.txt"], { files: { "notes.txt": NOTES } });\nassert.equal(run.exit_code, 0, run.stderr);\nassert.equal(run.stdout, "3 words\\n");',
      timeout_s: 15,
    },
  ],
  rulings: [],
};

const EXAMPLE_SERVICE_PRODUCT = {
  prelude: 'const put = (name, text) => product.http({ method: "PUT", path: "/api/notes/" + name, body: { text } });',
  tests: [
    {
      id: "R1-creates-a-note",
      requirement_ids: ["R1"],
      title: "PUT creates a note that GET then gives",
      body: 'await product.serve();\nconst made = await put("first", "hello");\nassert.equal(made.status, 201, made.body);\nconst got = await product.http({ path: "/api/notes/first" });\nassert.equal(got.json.text, "hello");',
      timeout_s: 15,
    },
  ],
  rulings: [],
};

type Interfaces = PlanProduct["interfaces"];

/** The test author's manual: everything that is in scope of a test of a product with these interfaces, with examples. */
export function harnessText(interfaces: Interfaces, words: LanguageWords): string {
  return `# How tests are written

A test's \`body\` is the body of an async JavaScript function (\`await\` works, no import, no require). It runs in a process of its own that never sees the product's files; the product runs in another, isolated process, and \`product\` is the only way to it. In scope are \`product\`, \`assert\` (node:assert/strict; \`assert.equal\` and \`assert.deepEqual\` are strict), the names that the prelude declares, and the JavaScript language itself (JSON, Math, Date, RegExp, Buffer, URL, setTimeout, ...). No file system, no network, no process. Always \`await\` a call to the product.

Each test has one empty working directory, kept between its calls and shared with the product. Paths in calls are relative to it. The PRD's attachments, if any, lie in it under \`attachments/\`, read-only.

${callsText(interfaces, words)}

${examplesText(interfaces, words)}

# What a product looks like

JSON schema:
${schemaText(SuiteProduct)}

Example (of another, small product):
${fenced(JSON.stringify(interfaces.cli.length > 0 ? EXAMPLE_PRODUCT : EXAMPLE_SERVICE_PRODUCT, null, 1), "json")}

${DRAFT_RULES}`;
}

const CALL_CLI = `- \`await product.cli(args, options?)\` runs the command line of the interfaces once. \`args\` is an array of strings WITHOUT the program itself. Options: \`stdin\` (text; default empty), \`files\` ({path: text}, written into the working directory first), \`name\` (which command line, when the interfaces have several; default the first), \`env\` ({NAME: value}), \`timeout_s\` (default 10, at most 60). Gives \`{exit_code, stdout, stderr, timed_out}\`; \`exit_code\` is null when it was killed. It does not throw when the product fails.`;
const CALL_FILES = `- \`await product.write(path, text)\`, \`await product.read(path)\` (text, or null when there is no such file), \`await product.files()\` (sorted paths): the working directory.`;
const callProbe = ({ cli }: Interfaces, words: LanguageWords) =>
  `- \`await product.probe(snippet, {stdin?, files?, env?, timeout_s?})\` runs a small program in the product's language that may import the product's modules, and gives the JSON value that it printed on its last line. ${words.printing} It throws with the standard error when the program fails; to test an exception, catch it inside the snippet and print what you saw. Import only what the interfaces name as importable. A probe may also prepare the working directory where text is not enough (bytes that are not UTF-8, empty folders). What a probe starts by itself (a subprocess) does not count as calling the product: ${cli.length > 0 ? "use `product.cli` for that" : "call the service, too, where a probe has to start it in a way of its own"}. Mind that a backslash in a snippet is read by JavaScript first.`;
const CALL_HTTP = `- \`await product.serve({name?, args?, env?})\` starts the HTTP service, waits until it is ready (at most 10 s) and gives \`{port, base_url}\`; the port is given to it by the harness and may differ from start to start. It throws when the service does not become ready. A start that has to be refused is \`await product.serve({..., expect: "end", timeout_s?})\`: waits until the service has ended by itself and gives \`{exit_code, stdout, stderr, timed_out, ended}\`; throws when it still runs after \`timeout_s\` (10 unless given).
- \`await product.http({method, path, headers?, body?, timeout_s?})\` (body: text, or a value that is sent as JSON with its content type) gives \`{status, headers, body, json}\`, \`headers\` with lower-case names, \`json\` the parsed body or null, redirects not followed. Each call has a connection of its own, \`headers\` may set any header (Host, too), \`path\` goes out as it is written, \`body\` is an empty text where the answer has none, and it throws when the connection ends without a whole answer. Calls are cheap, the service is one process; hundreds may be awaited together with Promise.all.
- \`await product.stop()\` ends the service at once (as kill -9 does). \`await product.stop({signal: "SIGTERM", timeout_s?})\` (or \`"SIGINT"\`) asks it to end, as an operator does, and waits; both give \`{exit_code, stdout, stderr, timed_out, ended}\`. \`exit_code\` is null when it had to be killed, after \`timeout_s\` (10 unless given), and 143 (130 for SIGINT) when the signal ended it because it does not handle it; throws when it had ended before the signal. Requests under way may be awaited together with the stop. What it wrote to the working directory stays for the next \`serve\` of the same test, which is how a restart is tested.`;

/** A product without a command line or a service has no use for how they are called. */
function callsText({ cli, http, modules }: Interfaces, words: LanguageWords): string {
  return [
    ...(cli.length > 0 ? [CALL_CLI] : []),
    CALL_FILES,
    callProbe({ cli, http, modules }, words),
    ...(http.length > 0 ? [CALL_HTTP] : []),
  ].join("\n");
}

function examplesText({ cli, http }: Interfaces, words: LanguageWords): string {
  const examples: [string, string][] = [["An importable module", words.probe]];
  if (cli.length > 0) {
    examples.unshift(
      ["Command line, with files, exact output and JSON", EXAMPLE_CLI],
      ["Standard input", EXAMPLE_STDIN],
      [
        "An error, exact where the requirement is exact (exit status, empty standard output, the name in the message) and free where it is free (wording), with the good case beside it",
        EXAMPLE_ERROR,
      ],
    );
    examples.push(["A measurement", EXAMPLE_LOAD]);
  }
  if (http.length > 0)
    examples.push(["An HTTP service: answers, an end in order, a restart, a start that is refused", EXAMPLE_HTTP]);
  return examples.map(([title, code]) => `${title}:\n${fenced(code, "js")}`).join("\n\n");
}
