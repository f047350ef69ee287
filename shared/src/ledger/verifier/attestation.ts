import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DsseError, openEnvelope } from "../dsse.ts";
import type { Envelope } from "../envelopes.ts";
import { NoteError, parseVerifier, type Verifier } from "../notes.ts";
import { CannotTell, Tampered } from "./findings.ts";

const STATEMENTS = "attestation.intoto.jsonl";
const BILL = "sbom.cdx.json";
/** What the two statements are, in their order. */
const PREDICATES = ["https://slsa.dev/provenance/v1", "https://in-toto.io/attestation/test-result/v0.1"] as const;

interface Told {
  readonly seq: number;
  readonly set: Envelope["set"];
}

/** What the events of a run tell about its attestation, compared with the files of an evidence pack. */
export class Attestation {
  #told: Told | null = null;
  readonly #delivered = new Set<string>();
  readonly #trees = new Map<string, string>();
  readonly #accepted = new Map<string, string>();

  take(seq: number, { event_type, subject_id, set }: Envelope): void {
    if (event_type === "attestation.created") this.#told ??= { seq, set };
    if (event_type === "run.completed" && set.delivered_revision_id) this.#delivered.add(set.delivered_revision_id);
    if (event_type === "revision.created") this.#trees.set(subject_id, set.tree_sha256 ?? "");
    if (event_type === "verification.accepted") this.#accepted.set(subject_id, set.tree_sha256 ?? "");
  }

  /** @param log its name without the generation */
  checks(pack: string, log: string): (() => void)[] {
    const folder = join(pack, "attestation");
    const told = this.#told;
    if (told === null) return [() => refuseUntold(folder)];
    return [() => this.#checkDelivery(told), () => checkFiles(folder, told, log)];
  }

  summary(): { tree_sha256: string; key_id: string } | null {
    if (this.#told === null) return null;
    const { tree_sha256, verifier_key } = this.#told.set;
    return { tree_sha256: tree_sha256 ?? "", key_id: verifier_key?.split("+")[1] ?? "" };
  }

  /** The tree that was attested is the one that was delivered, and the one that was accepted. */
  #checkDelivery({ seq, set }: Told): void {
    const { revision_id, verification_id, tree_sha256 } = set;
    if (!revision_id || !this.#delivered.has(revision_id) || this.#trees.get(revision_id) !== tree_sha256)
      throw new Tampered(seq, "it attests another tree than the run delivered");
    if (!verification_id || this.#accepted.get(verification_id) !== tree_sha256)
      throw new Tampered(seq, "it attests a tree that no judgement of the run accepted");
  }
}

function refuseUntold(folder: string): void {
  if (read(folder, STATEMENTS) !== null || read(folder, BILL) !== null)
    throw new Tampered(null, "it holds an attestation that no event of the run tells of");
}

function checkFiles(folder: string, { seq, set }: Told, log: string): void {
  const [statements, bill] = [read(folder, STATEMENTS), read(folder, BILL)];
  if (statements === null || bill === null) throw new CannotTell(`the files of attestation/ are not all there`);
  const [provenance = "", testResult = "", end, ...more] = statements.toString("utf8").split("\n");
  const hashes = [provenance, testResult].map((line) => hash("sha256", line));
  if (end !== "" || more.length > 0 || hashes[0] !== set.provenance_sha256 || hashes[1] !== set.test_result_sha256)
    throw new Tampered(seq, `attestation/${STATEMENTS} is not what was signed`);
  if (hash("sha256", bill) !== set.sbom_sha256) throw new Tampered(seq, `attestation/${BILL} is not what was attested`);
  const key = attester(seq, set.verifier_key ?? "", log);
  for (const [index, line] of [provenance, testResult].entries())
    if (subjectOf(seq, line, key, PREDICATES[index]) !== set.tree_sha256)
      throw new Tampered(seq, "a statement is about another tree than its event");
}

function attester(seq: number, text: string, log: string): Verifier {
  try {
    const key = parseVerifier(text);
    if (key.name === `${log}/attestation`) return key;
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
  }
  throw new Tampered(seq, "it names no key for attestations of this log");
}

/** The only subject of a statement of this type that this key alone signed. */
function subjectOf(seq: number, envelope: string, key: Verifier, predicate: string | undefined): unknown {
  try {
    const { _type, subject, predicateType } = JSON.parse(openEnvelope(envelope, key).toString("utf8"));
    if (_type !== "https://in-toto.io/Statement/v1" || predicateType !== predicate || subject?.length !== 1)
      throw new DsseError(`it is no statement of type ${predicate} about one subject`);
    return subject[0]?.digest?.sha256;
  } catch (error) {
    throw new Tampered(seq, `an attestation is broken: ${(error as Error).message}`);
  }
}

function read(folder: string, file: string): Buffer | null {
  try {
    return readFileSync(join(folder, file));
  } catch {
    return null;
  }
}
