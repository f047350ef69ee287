/**
 * Takes out of a program's output what changes from run to run: durations of test runners, memory addresses, temporary
 * folders, process numbers. Prompts made of it stay the same, so that a recorded conversation can be replayed.
 */
export function normaliseOutput(text: string): string {
  return RULES.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(Ran \d+ tests? in) \d+(?:\.\d+)?s/g, "$1 <time>"],
  [/\b(in) \d+\.\d+ ?(?:s|ms|seconds)\b/g, "$1 <time>"],
  [/\b0x[0-9a-f]{6,16}\b/gi, "0x<address>"],
  [/\/tmp\/[\w.-]+/g, "/tmp/<folder>"],
  [/\bpid[ =:]+\d+/gi, "pid <number>"],
];
