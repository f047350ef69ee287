import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AuraError } from "@aura/shared/problems";
import type { FastifyRequest } from "fastify";
import { z } from "zod";

const COOKIE = "aura_session";
const LIFETIME_S = 12 * 60 * 60;
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const Content = z.strictObject({ key: z.string(), expires_at: z.string() });
export type SessionContent = z.infer<typeof Content>;

/** Sessions of browsers. Nothing is stored: the cookie holds the key, sealed with a secret that dies with this process. */
export interface Sessions {
  /** A `Set-Cookie` value that carries the key, and when it expires. */
  readonly begin: (key: string) => { readonly cookie: string; readonly expires_at: string };
  /** What the request's cookie holds; null without one, or when it is expired, altered or of another process. */
  readonly open: (request: FastifyRequest) => SessionContent | null;
  /** A `Set-Cookie` value that makes the browser forget. */
  readonly end: () => string;
}

/** @param secure the cookie goes over HTTPS only */
export function openSessions(secure: boolean, now: () => number = Date.now): Sessions {
  const secret = randomBytes(32);
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;

  return {
    begin(key) {
      const expires_at = new Date(now() + LIFETIME_S * 1000).toISOString().replace("Z", "000Z");
      const sealed = seal(secret, JSON.stringify({ key, expires_at } satisfies SessionContent));
      return { cookie: `${COOKIE}=${sealed}; Max-Age=${LIFETIME_S}; ${attributes}`, expires_at };
    },
    open(request) {
      const sealed = cookieOf(request);
      const text = sealed === null ? null : unseal(secret, sealed);
      if (text === null) return null;
      const content = Content.parse(JSON.parse(text));
      return Date.parse(content.expires_at) > now() ? content : null;
    },
    end: () => `${COOKIE}=; Max-Age=0; ${attributes}`,
  };
}

/**
 * A browser sends the cookie with whatever asks for it; only a script of our own page can add this header, because no
 * other origin is ever allowed to.
 *
 * @throws {AuraError} `foreign_request` for a change that comes with a cookie and does not come from our page
 */
export function requireOwnPage(request: FastifyRequest): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { origin, host } = request.headers;
  const isForeign = origin !== undefined && hostOf(origin) !== host;
  if (request.headers["x-aura-request"] !== "1" || isForeign)
    throw new AuraError("foreign_request", "the request carries a session but not the dashboard's header and origin");
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Cookies know no ports: of two with our name one was planted by another program of this host, so neither counts. */
function cookieOf(request: FastifyRequest): string | null {
  const named = (request.headers.cookie ?? "").split(/; */).filter((pair) => pair.startsWith(`${COOKIE}=`));
  return named.length === 1 ? (named[0]?.slice(COOKIE.length + 1) ?? null) : null;
}

function seal(secret: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
}

/** @returns null for anything that was not sealed with this secret */
function unseal(secret: Buffer, sealed: string): string | null {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.byteLength <= NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, secret, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch {
    return null;
  }
}
