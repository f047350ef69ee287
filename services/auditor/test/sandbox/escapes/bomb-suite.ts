import { acceptanceTest } from "../products.ts";

export interface Bomb {
  /** Of the escape. */
  readonly number: number;
  readonly name: string;
  readonly body: string;
  /** What the record of the test must say; `pass` where the body itself asserts how it ended. */
  readonly outcomes: readonly string[];
}

const PASS = ["pass"];
/** Anything but a pass: the test itself says no, or dies. */
const NO = ["fail", "error"];

/** @param ended acceptable words for what ended it; `exit` only with an exit code that is a failure */
function ends(number: number, way: string, ended: readonly string[], seconds = 30): Bomb {
  const body = `const r = await product.cli([${JSON.stringify(way)}, MARK], { timeout_s: ${seconds} });
assert.ok(${JSON.stringify(ended)}.includes(r.ended) && r.exit_code !== 0, JSON.stringify(r).slice(0, 400));`;
  return { number, name: way, body, outcomes: PASS };
}

const bomb = (number: number, name: string, body: string, outcomes = PASS): Bomb => ({ number, name, body, outcomes });

/** Ways that end a process or need another one to look, each a call of the product `bombs.py`. */
export const BOMBS: readonly Bomb[] = [
  bomb(
    20,
    "race",
    `await product.serve({ name: 'race', args: ['race', MARK], env: { TARGET } });
const enough = Date.now() + 3000; // on a busy machine fewer rounds must do
for (let n = 0; n < 150 && Date.now() < enough; n += 1) {
  assert.equal(await product.read('swap/secret'), null);
  await product.write('swap/planted', 'x').catch(() => undefined);
}
await product.http({ path: '/' });`,
  ),
  bomb(
    21,
    "pipes",
    `await product.cli(['pipes', MARK]);
for (const name of ['pipe', 'socket', 'link']) assert.equal(await product.read(name), null);
assert.deepEqual(await product.files(), ['plain']);`,
  ),
  ends(22, "sparse", ["file_size"]),
  ends(23, "disk", ["disk", "exit"]),
  ends(23, "unnamed", ["disk", "exit"]),
  ends(24, "inodes", ["disk", "exit"]),
  bomb(
    25,
    "names",
    `assert.equal((await product.cli(['names', MARK])).exit_code, 0);
const files = await product.files();
assert.equal(files.filter((path) => path.endsWith('/deep')).length, 1);
for (const path of files) if (path.length < 240) await product.read(path).catch(() => undefined);`,
  ),
  ends(26, "fork", ["processes"]),
  ends(27, "threads", ["processes"]),
  bomb(28, "daemon", "assert.equal((await product.cli(['daemon', MARK])).exit_code, 0);"),
  ends(29, "deaf", ["timeout"], 1),
  ends(36, "memory", ["memory", "killed"]),
  bomb(36, "shared_memory", "await product.cli(['shared_memory', MARK]); assert.ok(true);"),
  ends(37, "cpu", ["timeout"], 1),
  ends(38, "sleep", ["timeout"], 1),
  ends(39, "flood", ["output"]),
  ends(39, "flood_errors", ["output"]),
  bomb(40, "colours", "const r = await product.cli(['colours', MARK]); assert.equal(r.stdout, 'plain');", NO),
  bomb(41, "forged", "await product.cli(['forge', MARK]); assert.equal(1, 2);", NO),
  bomb(
    41,
    "quits",
    "await product.cli(['nothing', MARK]); assert.ok(1); ([]).constructor.constructor('return process')().exit(0);",
    NO,
  ),
  bomb(
    42,
    "report",
    `const probe = "import sys; sys.argv = ['x', 'report']; import bombs";
await product.probe(probe).catch(() => undefined);
assert.equal((await product.cli(['nothing', MARK])).exit_code, 0);`,
  ),
];

export const testIdOf = ({ number, name }: Bomb) => `escape-${number}-${name}`;

/** @param target folder outside that links are led to */
export function bombTests(mark: string, target: string) {
  const given = `const MARK = ${JSON.stringify(mark)}; const TARGET = ${JSON.stringify(target)};`;
  return BOMBS.map((one) => acceptanceTest(testIdOf(one), `${given}\n${one.body}`, 60));
}
