/**
 * A submission that tries to fool the Auditor, as one text file: a head of `name: value` lines, then sections that change a
 * correct solution or the acceptance suite. Each section begins with a line `--- ACT SUBJECT`, its text follows:
 *
 * `write PATH`, `append PATH`, `prepend PATH`, `remove PATH`; `replace PATH` with `--- with` after it (the text must be there);
 * `test ID` (the body of a test, a new one when the suite has none called so: `test ID R1 R2`), `drop-test ID`, `prelude`;
 * `dispute ID` (its basis), `ruling ID upheld|replaced` (the body of the replacement).
 */
export interface Trick {
  readonly expected: Expected;
  readonly kind: string;
  readonly what: string;
  /** The rule of the PRD that it breaks, e.g. R3; null where it is about more than one, or breaks none. */
  readonly rule: string | null;
  /** Name of the correct solution that it changes. */
  readonly over: string;
  /** Paths that the plan lets it write, where they are others than usual. */
  readonly scope: readonly string[] | null;
  readonly sections: readonly Section[];
}

/**
 * `harmless`: a correct product with something beside it that has no effect; accepting it is right, refusing it no error.
 * `unseen`: a wrong product whose suite does not look there; what an Auditor can do is to say that nobody would notice.
 */
export type Expected = "rejected" | "unseen" | "harmless" | "correct";

export interface Section {
  readonly act: string;
  readonly subject: string;
  readonly text: string;
}

const EXPECTED: readonly Expected[] = ["rejected", "unseen", "harmless", "correct"];

/** @throws {Error} naming what is missing */
export function parseTrick(text: string): Trick {
  const [head = "", ...parts] = `\n${text}`.split(/\n--- /);
  const facts = new Map(
    head
      .trim()
      .split("\n")
      .map((line) => fact(line)),
  );
  const fields = ["expected", "kind", "what"].map((name) => facts.get(name) ?? "");
  const [expected = "", kind = "", what = ""] = fields;
  if (fields.includes("") || !EXPECTED.some((one) => one === expected))
    throw new Error("expected, kind or what is missing");
  return {
    expected: expected as Expected,
    kind,
    what,
    rule: facts.get("rule") ?? null,
    over: facts.get("over") ?? "classes",
    scope: facts.get("scope")?.split(" ") ?? null,
    sections: parts.map(section),
  };
}

function fact(line: string): [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

function section(part: string): Section {
  const [first = "", ...lines] = part.split("\n");
  const [act = "", ...subject] = first.trim().split(" ");
  return { act, subject: subject.join(" "), text: lines.join("\n") };
}

/** The solution's files with the changes of a trick. @throws {Error} when a text to replace is not there */
export function changedFiles(
  files: Readonly<Record<string, string>>,
  sections: readonly Section[],
): Record<string, string> {
  const changed: Record<string, string> = { ...files };
  for (const [index, { act, subject, text }] of sections.entries()) {
    const now = changed[subject] ?? "";
    if (act === "write") changed[subject] = `${text}\n`;
    else if (act === "append") changed[subject] = `${now}${text}\n`;
    else if (act === "prepend") changed[subject] = `${text}\n${now}`;
    else if (act === "remove") delete changed[subject];
    else if (act === "replace") changed[subject] = replaced(now, text, sections[index + 1], subject);
  }
  return changed;
}

function replaced(now: string, from: string, next: Section | undefined, path: string): string {
  const found = from.trimEnd();
  if (next?.act !== "with" || !now.includes(found)) throw new Error(`${path} does not hold ${JSON.stringify(found)}`);
  return now.replace(found, () => next.text.trimEnd());
}
