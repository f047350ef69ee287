import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/**
 * RFC 8785 text of a JSON value: what is hashed, so that equal values have equal hashes.
 *
 * @throws {TypeError} for values that JSON does not have (undefined, NaN, functions)
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
