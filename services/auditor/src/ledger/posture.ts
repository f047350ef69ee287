import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { CatalogRow, ManifestRow, Posture } from "../db/posture-statements.ts";

/** Something in the schema that no release made. */
export interface Finding {
  /** Kind and name of the object. */
  readonly subject: string;
  readonly what: string;
}

/** What differs from the release that the log carries. */
export function findingsOf(posture: Posture): Finding[] {
  return [
    ...manifestFindings(posture),
    ...schemaFindings(posture),
    ...posture.extras.map((extra) => found(extra, "is not part of any release")),
  ];
}

/** A release that lasts so long that it is not waited for any more. */
export function findLastingRelease({ releasing }: Posture): Finding[] {
  return releasing === null ? [] : [found("release", `does not end: ${releasing}`)];
}

/** The manifest is as good as the hash of it that lies under a signed checkpoint. */
function manifestFindings({ manifest_sha256, released_sha256 }: Posture): Finding[] {
  if (manifest_sha256 === released_sha256) return [];
  const what = released_sha256 === null ? "lies under no checkpoint" : "is not the one that was released";
  return [found("manifest guard.schema_manifest", what)];
}

function schemaFindings({ catalog, manifest }: Posture): Finding[] {
  const now = new Map(catalog.map((row) => [subjectOf(row), row]));
  const released = new Set(manifest.map(subjectOf));
  const changed = manifest.flatMap((row) => difference(row, now.get(subjectOf(row))));
  const added = catalog.filter((row) => row.kind === "event_trigger" && !released.has(subjectOf(row)));
  return [...changed, ...added.map((row) => found(subjectOf(row), "is not part of any release"))];
}

function difference(row: ManifestRow, now: CatalogRow | undefined): Finding[] {
  if (now === undefined) return [found(subjectOf(row), "is gone")];
  const isSame = now.shape === row.shape && sha256Hex(now.definition ?? "") === row.definition_sha256;
  return isSame ? [] : [found(subjectOf(row), "is not as it was released")];
}

function subjectOf({ kind, identity }: { kind: string; identity: string }): string {
  return `${kind} ${identity}`;
}

function found(subject: string, what: string): Finding {
  return { subject, what };
}
