import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { LanguageWords } from "./words.ts";

const PLAN: PlanProduct = {
  toolchain: "python",
  summary:
    "A package `words`: words/counting.py holds the pure functions, words/__main__.py the command line. One developer builds all of it.",
  components: [
    { name: "counting", purpose: "splits text into words", paths: ["words/counting.py"], requirement_ids: ["R1"] },
    {
      name: "command line",
      purpose: "arguments, errors, exit status",
      paths: ["words/__init__.py", "words/__main__.py", "README.md"],
      requirement_ids: ["R1", "R2", "R3"],
    },
  ],
  interfaces: {
    modules: [
      {
        path: "words/counting.py",
        purpose: "pure functions on text",
        symbols: [
          {
            kind: "function",
            name: "count_words",
            signature: "def count_words(text: str) -> int",
            methods: [],
            doc: "number of runs of characters that are not white space",
          },
        ],
      },
    ],
    cli: [
      {
        name: "words",
        command: ["python3", "-m", "words"],
        usage:
          'words count FILE [--json]\n  prints `N words`; --json prints {"words": N}\nexit status 0 success, 1 unreadable FILE (message on standard error), 2 wrong usage (usage line on standard error)',
      },
    ],
    http: [],
  },
  dependencies: [],
  tasks: [
    {
      key: "T1",
      title: "Build the package words",
      description:
        "Write words/counting.py and words/__main__.py as the interfaces say, an empty words/__init__.py and a README with usage.",
      requirement_ids: ["R1", "R2", "R3"],
      closes: ["R1", "R2", "R3"],
      depends_on: [],
      file_scope: ["words/**", "tests/**", "README.md"],
    },
  ],
};

const PROBE = `const counted = await product.probe(\`
import json
from words.counting import count_words
print(json.dumps([count_words(""), count_words(" a  b\\\\tc ")]))
\`);
assert.deepEqual(counted, [0, 3]);`;

export const PYTHON: LanguageWords = {
  plan: PLAN,
  commands:
    'in Python always ["python3", "-m", "<package>"], with words/__main__.py in a task\'s file scope for a package words',
  signatures: "`def parse(path: str) -> list[str]`, `class Journal`, `class ParseError(Exception)`, `LIMIT: int`",
  methods: "`def total(self, depth: int | None = None) -> Decimal`",
  types: "Annotations use built-in names or symbols of the same list.",
  registry: "PyPI",
  ranges: "`>=2,<3`, `==2.1.0`, or an empty text for the newest",
  manifest: "requirements.txt",
  pinned: "one line `name==version` each and nothing else",
  files: "modules, `__init__.py`, `__main__.py`, data files",
  probe: PROBE,
  printing: "In Python print it with `json.dumps`.",
  documentation: "docstrings",
  trace: "traceback",
  starting: "subprocess",
};
