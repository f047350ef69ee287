import { z } from "zod";

/** Bytes; the API refuses a PRD body above this with 413. */
export const PRD_BYTES_MAX = 256 * 1024;

export const PrdBlock = z.strictObject({
  block_id: z.string().regex(/^B\d+$/),
  position: z.int().nonnegative(),
  kind: z.enum(["heading", "paragraph", "list_item", "table_row", "code", "quote"]),
  /** The headings above the block, outermost first. */
  headings: z.array(z.string()),
  body: z.string().min(1),
});
export type PrdBlock = z.infer<typeof PrdBlock>;

/** Code points that some file systems pass over in a name. */
const UNSEEN = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** What git or a file system takes for the folder `.git`: other cases, `git~1`, dots and blanks behind, a stream's name. */
function isGitFolder(part: string): boolean {
  return /^(?:\.git|git~\d+)[. ]*(?::.*)?$/i.test(part.replace(UNSEEN, ""));
}

/**
 * A path inside a tree: relative, forward slashes, no `..`, no empty part, no control character, and no part `.git`: git
 * runs programs that a configuration in such a folder names, for whoever looks at the unpacked software.
 */
export const TreePath = z
  .string()
  .min(1)
  .max(240)
  .regex(/^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?!.*\/\/)[^\\\p{Cc}]*[^\\/\p{Cc}]$/u, "not a relative path")
  .refine((path) => !path.split("/").some(isGitFolder), "no part of a path may be git's folder");

export const Attachment = z.strictObject({
  path: TreePath,
  content_base64: z.base64(),
});
export type Attachment = z.infer<typeof Attachment>;

export const AttachmentRef = z.strictObject({ path: TreePath, sha256: z.string(), size: z.int().nonnegative() });
export type AttachmentRef = z.infer<typeof AttachmentRef>;
