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

/**
 * A path inside a tree: relative, forward slashes, no `..`, no empty part, no control character, and no part `.git`: git
 * runs programs that a configuration in such a folder names, for whoever looks at the unpacked software.
 */
export const TreePath = z
  .string()
  .min(1)
  .max(240)
  .regex(
    /^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?!.*\/\/)(?!.*(?:^|\/)\.[gG][iI][tT](?:\/|$))[^\\\p{Cc}]*[^\\/\p{Cc}]$/u,
    "not a relative path",
  );

export const Attachment = z.strictObject({
  path: TreePath,
  content_base64: z.base64(),
});
export type Attachment = z.infer<typeof Attachment>;

export const AttachmentRef = z.strictObject({ path: TreePath, sha256: z.string(), size: z.int().nonnegative() });
export type AttachmentRef = z.infer<typeof AttachmentRef>;
