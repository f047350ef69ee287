import type { Jail, JailEnd } from "../sandbox/jail.ts";
import { REACHED_MARKER } from "../toolchains/toolchain.ts";

const MARKS = new RegExp(`\\n${REACHED_MARKER} (\\d{1,6})\\n`, "g");
/** What one process can say in its bounded output is less. */
const FUNCTIONS_MAX = 20_000;

/**
 * A jail whose processes are heard when they say on stderr which functions of an instrumented product they reached. What they
 * say is taken out of stderr, so that a test sees what the product itself wrote.
 *
 * @param reached gets the functions' numbers
 */
export function hearing(jail: Jail, reached: Set<number>): Jail {
  const hear = (end: JailEnd): JailEnd => {
    for (const [, number] of end.stderr.matchAll(MARKS)) {
      if (reached.size < FUNCTIONS_MAX) reached.add(Number(number));
    }
    return { ...end, stderr: withoutMarks(end.stderr) };
  };
  return {
    ...jail,
    start: (spec) => {
      const job = jail.start(spec);
      return { ...job, ended: job.ended.then(hear), stderr: () => withoutMarks(job.stderr()) };
    },
  };
}

const withoutMarks = (stderr: string) => stderr.replaceAll(MARKS, "");
