import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts, Use } from "../../sandbox/source-facts.ts";
import { type InspectionGround, note, productFiles, refusal } from "./ground.ts";
import { environmentName } from "./unasked-access.ts";
import { type WatchedNames, watchedNames } from "./watched-names.ts";

const CODE = "test_detection";
const MEND = "A product behaves in a test as it does everywhere. Remove it.";

/** Variables that say who runs a process, and are set for nothing else. */
const RUNNER_VARIABLE =
  /^(?:(?:PYTEST|VITEST|JEST|AURA|TOX|NOX|HYPOTHESIS|COVERAGE|GITHUB|GITLAB|JENKINS|TRAVIS|CIRCLECI)(?:_\w+)?|CI|PYTHONHASHSEED|NODE_TEST_CONTEXT|NODE_OPTIONS|NODE_V8_COVERAGE|NODE_UNIQUE_ID|UNITTEST\w*|TESTING|TEST_MODE|RANDOM_SEED|LD_PRELOAD|FAKETIME\w*)$/;
const RUNNER_NAME =
  /^_?(?:pytest|unittest|vitest|jest|mocha|nose|coverage|hypothesis|__main__|<probe>|<string>|\[eval\d*\])$/;
const MARKER = /AURA_(?:STUB|PRODUCT|REACHED)|^<probe>$|^PYTEST_CURRENT_TEST$|^NODE_TEST_CONTEXT$/;
/** About a process rather than about the machine. */
const PROCESS_FILE = /^\/proc\/?(?:$|self\b|thread-self\b|\d|\*|[{$%])|^(?:\/proc\/.*)?\/(?:cmdline|environ)$/;
/** No machine but a test has these, so what uses them works nowhere else. */
const TEST_FOLDER = /^(?:file:\/\/)?\/(?:product|dependencies|relay)(?:\/|$)/;
const SANDBOX_PATH = /^(?:file:\/\/)?\/(?:product|dependencies|relay|work)(?:\/|$)/;

/** Code of the product that asks whether it is being tested. */
export function testDetection(ground: InspectionGround): Finding[] {
  const names = watchedNames(ground.toolchain);
  return productFiles(ground).flatMap((file) => [
    ...file.uses.flatMap((use) => detectingUse(ground, names, file, use)),
    ...tellingStrings(ground, file),
    ...tellingBranches(ground, file),
  ]);
}

function detectingUse(ground: InspectionGround, names: WatchedNames, { path }: FileFacts, use: Use): Finding[] {
  const refuse = (what: string) => [refusal(CODE, path, use.line, `${what} ${MEND}`)];
  const variable = use.how === "write" ? null : environmentName(names, use);
  if (variable !== null && isRunnerVariable(variable, use) && !ground.known.has(variable))
    return refuse(`reads the environment variable ${variable}, which says who runs the process.`);
  if (names.observers.test(use.name)) return refuse(`uses ${use.name}, which shows who runs or watches the process.`);
  if (asksForRunner(names, use)) return refuse(`looks in ${use.name} for what is running it.`);
  const place = names.lookouts.test(use.name) ? use.words.find((word) => SANDBOX_PATH.test(word)) : undefined;
  if (place === undefined || ground.known.has(place)) return [];
  return refuse(`looks with ${use.name} whether it is at ${place}, where products are tested.`);
}

function isRunnerVariable(variable: string, { words }: Use): boolean {
  return RUNNER_VARIABLE.test(variable) || (variable === "NODE_ENV" && words.includes("test"));
}

/** `"pytest" in sys.modules`; `sys.argv[0] == "-c"`, which is what a probe is started with. */
function asksForRunner(names: WatchedNames, { name, words }: Use): boolean {
  if (!names.surroundings.test(name)) return false;
  const parts = [...name.split("."), ...words];
  const isFirst = words.includes("0") || words.includes("1"); // `argv[0]`, `argv[:1]`
  return parts.some((part) => RUNNER_NAME.test(part)) || (words.includes("-c") && isFirst);
}

function tellingStrings({ known }: InspectionGround, { path, strings }: FileFacts): Finding[] {
  return strings.flatMap(({ text, line }) => {
    if (MARKER.test(text)) return [refusal(CODE, path, line, `names a mark of the test harness. ${MEND}`)];
    if (PROCESS_FILE.test(text) && !known.speaksOf(/\/proc\b/))
      return [refusal(CODE, path, line, `reads /proc, which shows who runs the process. ${MEND}`)];
    if (!SANDBOX_PATH.test(text) || known.has(text)) return [];
    const message = `holds the path ${text.slice(0, 60)}: where products are tested, and nowhere else. Find files of the product by the place of its own source.`;
    return [
      TEST_FOLDER.test(text) ? refusal("sandbox_path", path, line, message) : note("sandbox_path", path, line, message),
    ];
  });
}

/** `process.env.HOME === "/work"`, and whatever else is equal to a place in the sandbox. */
function tellingBranches({ known }: InspectionGround, { path, equalities }: FileFacts): Finding[] {
  return equalities
    .filter(({ values }) => values.some((text) => SANDBOX_PATH.test(text) && !known.has(text)))
    .map(({ line }) => refusal(CODE, path, line, `takes another way where products are tested. ${MEND}`));
}
