import { AuraError } from "@aura/shared/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * JSON and nothing else: strict UTF-8, no compressed bodies, and no key that could reach a prototype.
 * Replaces the framework's parsers, which replace bad bytes by U+FFFD and so would store what nobody sent.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addHook("onRequest", async (request) => {
    const coding = request.headers["content-encoding"];
    const foreign = !request.is404 && request.routeOptions.config.binary; // git itself unpacks what git packed
    if (!foreign && coding !== undefined && coding.toLowerCase() !== "identity")
      throw new AuraError("unsupported_media_type", "compressed bodies are not taken");
  });
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer | string) => {
      const charset = /charset=\s*"?([^\s;"]+)/i.exec(request.headers["content-type"] ?? "")?.[1];
      if (charset !== undefined && !/^utf-?8$/i.test(charset))
        throw new AuraError("unsupported_media_type", "JSON must be UTF-8");
      return parseJson(body as Buffer);
    },
  );
}

/** Takes bodies of bytes on the routes that declare their media type. */
export function acceptBytes(app: FastifyInstance, media: string): void {
  app.addContentTypeParser(media, { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer | string) => {
    if (request.routeOptions.config.binary === media) return body;
    throw new AuraError("unsupported_media_type", `this operation does not take ${media}`);
  });
}

/** @throws {AuraError} `invalid_json` for anything that is not clean JSON in UTF-8 */
function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  try {
    return JSON.parse(text, refusePrototypeKeys);
  } catch (error) {
    if (error instanceof AuraError) throw error;
    throw new AuraError("invalid_json", "the body is not valid JSON", { cause: error });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new AuraError("invalid_json", "the body is not valid UTF-8", { cause: error });
  }
}

function refusePrototypeKeys(key: string, value: unknown): unknown {
  if (key === "__proto__" || key === "constructor" || key === "prototype")
    throw new AuraError("invalid_json", `a key named ${key} is not taken`);
  return value;
}
