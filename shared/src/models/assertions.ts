/** How many calls of `assert` stand in a test's body; what its prelude asserts is not counted. */
export function assertionsIn(body: string): number {
  return body.match(/\bassert\s*(?:\.\s*\w+\s*)?\(/g)?.length ?? 0;
}
