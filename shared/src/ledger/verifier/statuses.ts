import { counterOf, type Envelope } from "../envelopes.ts";
import { FIRST_STATUS, LEGAL_MOVES } from "../moves.ts";
import { Tampered } from "./findings.ts";

interface Move {
  readonly counter: number;
  readonly seq: number;
  readonly from: string;
  readonly to: string;
}

/** Every status that a run, task or approval had: each follows from the one before, by a move that there is. */
export class Statuses {
  readonly #moves = new Map<string, Move[]>();

  take(seq: number, envelope: Envelope): void {
    const { subject_type, subject_id, from, to } = envelope;
    if (to === "" || !Object.hasOwn(LEGAL_MOVES, subject_type)) return;
    const key = `${subject_type} ${subject_id}`;
    const move = { counter: counterOf(envelope), seq, from, to };
    const moves = this.#moves.get(key);
    if (moves === undefined) this.#moves.set(key, [move]);
    else moves.push(move);
  }

  checks(): (() => void)[] {
    return [...this.#moves].map(
      ([subject, moves]) =>
        () =>
          checkMoves(subject.split(" ")[0] ?? "", moves),
    );
  }
}

/** In the order in which they happened, which may be another than that of the log. */
function checkMoves(type: string, moves: Move[]): void {
  let status = "";
  for (const { seq, from, to } of moves.sort((a, b) => a.counter - b.counter || a.seq - b.seq)) {
    if (from !== status)
      throw new Tampered(seq, `it comes from ${from || "nothing"}, where its ${type} was ${status || "not there"}`);
    const legal = status === "" ? FIRST_STATUS[type] : from === to ? [to] : LEGAL_MOVES[type]?.[from];
    if (!legal?.includes(to)) throw new Tampered(seq, `no ${type} may go from ${from || "nothing"} to ${to}`);
    status = to;
  }
}
