import { setTimeout as sleep } from "node:timers/promises";

const ANSWER_MS = 20_000;
const TRIES = 3;
const PAUSE_MS = 500;

/** The registry could not be asked: nobody's fault, and not an answer about a package. */
export class RegistryUnavailable extends Error {}

/**
 * Fetches from one registry and nowhere else.
 *
 * @param origins scheme, host and port that may be asked; redirects are not followed
 */
export class Upstream {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  allows(url: string): boolean {
    return URL.canParse(url) && this.origins.has(new URL(url).origin);
  }

  /**
   * @param bytesMax of the decoded body
   * @returns null when there is no such thing (404)
   * @throws {RegistryUnavailable} after three tries
   */
  async fetch(url: string, accept: string, bytesMax: number): Promise<Buffer | null> {
    if (!this.allows(url)) throw new RegistryUnavailable(`${url} is not on the configured registry`);
    let reason = "";
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (attempt > 0) await sleep(PAUSE_MS * 2 ** attempt);
      try {
        const answer = await fetch(url, {
          headers: { accept, "user-agent": "aura-orchestra" },
          redirect: "error",
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        if (answer.status === 404 || answer.status === 410) return discard(answer);
        if (answer.ok) return await readBounded(answer, bytesMax);
        reason = `it answered ${answer.status}`;
        await discard(answer);
        if (answer.status < 500 && answer.status !== 429) break;
      } catch (error) {
        reason = causeOf(error);
      }
    }
    throw new RegistryUnavailable(`${new URL(url).origin} could not be asked (${reason})`);
  }
}

async function discard(answer: Response): Promise<null> {
  await answer.body?.cancel();
  return null;
}

async function readBounded(answer: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > bytesMax) throw new Error(`its answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The reason in a word or two, without addresses of this machine. */
function causeOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `no answer within ${ANSWER_MS / 1000} s`;
  return cause?.code ?? cause?.message ?? message;
}
