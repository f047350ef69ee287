import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DsseError, openEnvelope } from "./dsse.ts";
import type { Envelope } from "./envelopes.ts";
import { NoteError, parseVerifier, type Verifier } from "./notes.ts";
import { CannotTell, type Finding, Tampered } from "./verifier/findings.ts";

/** Types of events that tell about an attestation. */
export const ATTESTATION_EVENTS = [
  ...["attestation.created", "run.completed", "revision.created", "verification.accepted"],
  ...["verification.rejected", "verification.inconclusive", "verification.environment"],
];

const STATEMENTS = "attestation.intoto.jsonl";
const BILL = "sbom.cdx.json";
const PROVENANCE = "https://slsa.dev/provenance/v1";
const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

/** What the check needs of an event. */
interface Told extends Pick<Envelope, "subject_id" | "set"> {
  readonly seq: number;
}

/** Events of a run by their type, in the order of the log. */
type Telling = ReadonlyMap<string, readonly Told[]>;

/**
 * What the events of a run tell about its attestation, compared with the files of an evidence pack.
 *
 * @param folder of the two files @param log its name without the generation
 */
export function* attestationFindings(told: Telling, folder: string, log: string): Generator<Finding> {
  const [statements, bill] = [join(folder, STATEMENTS), join(folder, BILL)];
  const [attested] = told.get("attestation.created") ?? [];
  if (attested === undefined) {
    if (existsSync(statements) || existsSync(bill))
      yield new Tampered(null, "it holds an attestation that no event of the run tells of");
    return;
  }
  for (const wrong of wrongInDelivery(told, attested)) yield new Tampered(attested.seq, wrong);
  if (!existsSync(statements) || !existsSync(bill)) yield new CannotTell("the files of attestation/ are not all there");
  else
    for (const wrong of wrongInFiles(told, attested, readFileSync(statements, "utf8"), readFileSync(bill), log))
      yield new Tampered(attested.seq, wrong);
}

/** What was attested, by which key, and as what it was delivered; null where nothing was. */
export function attestedIn(told: Telling): { tree_sha256: string; key_id: string; stop_reason: string } | null {
  const [attested] = told.get("attestation.created") ?? [];
  if (attested === undefined) return null;
  const { tree_sha256, verifier_key } = attested.set;
  const stop_reason = isPartial(told) ? "partial" : "verified";
  return { tree_sha256: tree_sha256 ?? "", key_id: verifier_key?.split("+")[1] ?? "", stop_reason };
}

function isPartial(told: Telling): boolean {
  return told.get("run.completed")?.at(-1)?.set.stop_reason === "partial";
}

/**
 * The tree that was attested is the one that was delivered, and the one that was judged: accepted, unless the delivery was
 * partial, which may also have been judged by nobody.
 */
function* wrongInDelivery(told: Telling, { set }: Told): Generator<string> {
  const { revision_id, verification_id, tree_sha256 } = set;
  const treeOf = (type: string, id: string | null | undefined) =>
    told.get(type)?.findLast(({ subject_id }) => subject_id === id)?.set.tree_sha256;
  const outcomes = isPartial(told) ? ["accepted", "rejected", "inconclusive", "environment"] : ["accepted"];
  const isJudged = outcomes.some((outcome) => treeOf(`verification.${outcome}`, verification_id) === tree_sha256);
  const isDelivered = told.get("run.completed")?.some((run) => run.set.delivered_revision_id === revision_id);
  if (!revision_id || !tree_sha256 || !isDelivered || treeOf("revision.created", revision_id) !== tree_sha256)
    yield "it attests another tree than the run delivered";
  if (verification_id ? !isJudged : !isPartial(told))
    yield `it attests a tree that no judgement of the run ${isPartial(told) ? "was about" : "accepted"}`;
}

function* wrongInFiles(told: Telling, { set }: Told, statements: string, bill: Buffer, log: string): Generator<string> {
  const [provenance = "", testResult = "", end, ...more] = statements.split("\n");
  const hashes = [provenance, testResult].map((line) => hash("sha256", line));
  if (end !== "" || more.length > 0 || hashes[0] !== set.provenance_sha256 || hashes[1] !== set.test_result_sha256)
    yield `attestation/${STATEMENTS} is not what was signed`;
  if (hash("sha256", bill) !== set.sbom_sha256) yield `attestation/${BILL} is not what was attested`;
  const key = attesterIn(set.verifier_key ?? "", log);
  if (key === null) {
    yield "it names no key for attestations of this log";
    return;
  }
  yield* wrongInStatement(provenance, key, { predicate: PROVENANCE, tree: set.tree_sha256 });
  const results = ["WARNED", isPartial(told) ? "FAILED" : "PASSED"];
  yield* wrongInStatement(testResult, key, { predicate: TEST_RESULT, tree: set.tree_sha256, results });
}

function attesterIn(text: string, log: string): Verifier | null {
  try {
    const key = parseVerifier(text);
    return key.name === `${log}/attestation` ? key : null;
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

interface Wanted {
  readonly predicate: string;
  readonly tree: string | null | undefined;
  /** What such a delivery can have come to. */
  readonly results?: readonly string[];
}

/** A statement of this type about one subject, the tree, that this key alone signed. */
function* wrongInStatement(envelope: string, key: Verifier, { predicate, tree, results }: Wanted): Generator<string> {
  try {
    const { _type, subject, predicateType, predicate: said } = JSON.parse(openEnvelope(envelope, key).toString("utf8"));
    if (_type !== "https://in-toto.io/Statement/v1" || predicateType !== predicate || subject?.length !== 1)
      throw new DsseError(`it is no statement of type ${predicate} about one subject`);
    if (subject[0]?.digest?.sha256 !== tree) yield "a statement is about another tree than its event";
    if (results !== undefined && !results.includes(said?.result))
      yield `its test result is not ${results.join(" or ")}, as such a delivery's is`;
  } catch (error) {
    yield `an attestation is broken: ${(error as Error).message}`;
  }
}
