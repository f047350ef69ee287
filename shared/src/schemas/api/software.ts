import { z } from "zod";
import { Id, PageQuery, Sha256, Text, Timestamp } from "./conventions.ts";

/**
 * Names one tree of a run: `head` (landed), `delivered`, `best` (delivered, else landed, else the best attempt),
 * the number or id of a revision, `base` (the empty tree) or an attempt as `T1:2` (task key or id, attempt).
 */
const RevisionSelector = Text.min(1)
  .max(80)
  .regex(/^(?:head|delivered|best|base|\d{1,9}|[0-9a-f-]{36}|[A-Za-z0-9-]{1,40}:\d{1,9})$/, "not a revision");

export const RevisionQuery = z.strictObject({ revision: RevisionSelector.optional() });

export const FileListQuery = PageQuery.extend({ revision: RevisionSelector.optional() });

export const TreeSource = z
  .strictObject({
    label: z.string().meta({ description: "how to ask for it again" }),
    revision_id: Id.nullable(),
    number: z.int().nullable(),
    tree_sha256: Sha256,
    message: z.string(),
    created_at: Timestamp,
  })
  .meta({ id: "TreeSource" });
export type TreeSource = z.infer<typeof TreeSource>;

export const FileEntry = z.strictObject({ path: z.string(), size: z.int(), sha256: Sha256 }).meta({ id: "FileEntry" });

/** The files of one tree; `revision` is null while nothing has landed. */
export const FileList = z
  .strictObject({ data: z.array(FileEntry), next_cursor: z.string().nullable(), revision: TreeSource.nullable() })
  .meta({ id: "FileList" });
export type FileList = z.infer<typeof FileList>;

/** Without `to`: the head. Without `from`: what `to` was built on. */
export const DiffQuery = z.strictObject({ from: RevisionSelector.optional(), to: RevisionSelector.optional() });

export const AttestationQuery = z.strictObject({
  statement: z.enum(["provenance", "test_result"]).optional().meta({
    description: "only this one, as a DSSE envelope; both as a bundle where it is absent",
  }),
});
