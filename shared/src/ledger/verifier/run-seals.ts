import type { Envelope } from "../envelopes.ts";
import { append, EMPTY, rootOf } from "../merkle.ts";
import { Tampered } from "./findings.ts";
import type { LeafList } from "./leaf-list.ts";

interface Member {
  readonly seq: number;
  /** Its place in the list of leaves. */
  readonly index: number;
}

/** What each run.sealed says about its run, compared with the events of that run. */
export class RunSeals {
  readonly #runs = new Map<string, Member[]>();
  readonly #wrong: Tampered[] = [];
  count = 0;
  /** Up to where the newest one reaches. */
  through = -1;

  /** @param leaves of the events before this one, which is the next */
  take(seq: number, envelope: Envelope, leaves: LeafList): void {
    const { run_id, event_type } = envelope;
    const members = this.#runs.get(run_id) ?? [];
    if (event_type === "run.sealed") this.#takeSeal(seq, envelope, members, leaves);
    if (run_id === "") return;
    members.push({ seq, index: leaves.size });
    this.#runs.set(run_id, members);
  }

  checks(): (() => void)[] {
    return this.#wrong.map((found) => () => {
      throw found;
    });
  }

  #takeSeal(seq: number, envelope: Envelope, members: readonly Member[], leaves: LeafList): void {
    this.count += 1;
    this.through = Number(envelope.set.through_seq);
    const wrong = compare(seq, envelope, members, leaves);
    if (wrong !== null) this.#wrong.push(new Tampered(seq, wrong));
  }
}

/** What is wrong with a seal. */
function compare(
  seq: number,
  { run_id, subject_type, subject_id, set }: Envelope,
  members: readonly Member[],
  leaves: LeafList,
): string | null {
  if (run_id === "" || subject_type !== "run_seal" || subject_id !== run_id)
    return "it seals a run and does not say which";
  const through = Number(set.through_seq);
  if (String(through) !== set.through_seq || !(through >= 0 && through < seq))
    return `it seals its run up to ${set.through_seq}, which is no event before it`;
  const covered = members.filter((member) => member.seq <= through).map(({ index }) => leaves.at(index));
  if (String(covered.length) !== set.count)
    return `it says that its run had ${set.count} events, and there are ${covered.length}`;
  const isRoot = rootOf(append(EMPTY, covered)).toString("hex") === set.root;
  return isRoot ? null : "its root is not that of the events of its run";
}
