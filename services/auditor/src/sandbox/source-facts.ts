import { z } from "zod";

/** What the Auditor's own programs say of sources that they read without running them: data from a hostile place. */

const Text = z.string().max(4000);
const Line = z.int().nonnegative();

const Import = z.strictObject({ name: Text, line: Line, guarded: z.boolean() });

/** A name of a module or of the language, in full, such as `os.environ.get` or `process.env.PORT`. */
const Use = z.strictObject({
  name: Text,
  line: Line,
  how: z.enum(["read", "call", "write"]),
  /** It happens when the file is loaded, not in a function and not only when the file is started. */
  early: z.boolean(),
  /** It is a side of a comparison. */
  compared: z.boolean(),
  /** Literals beside it, in the same comparison or among the same arguments. */
  words: z.array(Text),
});
export type Use = z.infer<typeof Use>;

const FileFacts = z.strictObject({
  path: z.string().max(1024),
  /** False: it is no source of its language, or it overwhelms the parser. */
  readable: z.boolean(),
  imports: z.array(Import),
  uses: z.array(Use),
  /** Text literals of three characters and more, cut to 200, also those that are put together from parts. */
  strings: z.array(z.strictObject({ text: Text, line: Line })),
  functions: z.array(
    z.strictObject({ name: Text, line: Line, body: z.enum(["empty", "unimplemented", "nothing", "code"]) }),
  ),
  /** Functions that are called when the process ends. */
  handlers: z.array(z.strictObject({ line: Line, early: z.boolean(), prints: z.boolean() })),
  /** Text that is run as code and is not written there as it is run. */
  hidden: z.array(z.strictObject({ line: Line, decoded: z.boolean() })),
  /** Places that hold two literals of the suite and few others, of so many alike; `values` are places in `literals`. */
  matches: z.array(z.strictObject({ line: Line, values: z.array(z.int().nonnegative()), siblings: z.int() })),
  /** Constants that a branch wants values to be equal to, and the literals of the branch. */
  equalities: z.array(z.strictObject({ line: Line, values: z.array(Text), answers: z.array(Text) })),
});
export type FileFacts = z.infer<typeof FileFacts>;

export const SourceFacts = z.strictObject({ standard_modules: z.array(Text), files: z.array(FileFacts).max(5000) });

const TestLiterals = z.strictObject({
  id: z.string(),
  /** What the test hands to the product, and what it holds to compare with. */
  inputs: z.array(Text),
  expected: z.array(Text),
  /** Argument lists of two and more that it calls the product with. */
  calls: z.array(z.array(Text)),
});
export type TestLiterals = z.infer<typeof TestLiterals>;

export const SuiteLiterals = z.array(TestLiterals);

/** What stands in a product's sources and in the suite that it is judged by. */
export const Inspection = z.strictObject({
  /** False: the sources overwhelm the program that reads them, by their size or depth. */
  complete: z.boolean(),
  ...SourceFacts.shape,
  tests: SuiteLiterals,
  /** All literals of the suite: what `matches` are about. */
  literals: z.array(Text),
});
export type Inspection = z.infer<typeof Inspection>;
