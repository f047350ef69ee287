import { inScope } from "@aura/shared/models/tree";
import { TreePath } from "@aura/shared/schemas/prd";

/** Where the PRD's attachments lie for agents and tests; nobody writes there. */
export const ATTACHMENTS_FOLDER = "attachments/";

/** Bytes of one file that an agent may write. */
const FILE_BYTES_MAX = 512 * 1024;

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

const ALLOWED: Decision = { allowed: true };

/** May an agent with this scope write or delete `path`? The reason is told to the model and to people. */
export function mayChange(path: string, scope: readonly string[]): Decision {
  if (!TreePath.safeParse(path).success)
    return { allowed: false, reason: `${JSON.stringify(path)} is not a relative path with forward slashes` };
  if (path.startsWith(ATTACHMENTS_FOLDER)) return { allowed: false, reason: `${path}: attachments are read-only` };
  if (!inScope(path, scope))
    return { allowed: false, reason: `${path} is outside the file scope of this task: ${scope.join(", ")}` };
  return ALLOWED;
}

export function mayWrite(path: string, content: string, scope: readonly string[]): Decision {
  const decision = mayChange(path, scope);
  if (!decision.allowed) return decision;
  if (Buffer.byteLength(content) > FILE_BYTES_MAX)
    return { allowed: false, reason: `${path} would be larger than ${FILE_BYTES_MAX} bytes` };
  if (content.includes("\u0000")) return { allowed: false, reason: `${path}: files are text, without NUL characters` };
  return ALLOWED;
}
