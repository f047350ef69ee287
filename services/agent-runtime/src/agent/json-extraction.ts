const THINKING_TAGS = ["think", "thinking", "reasoning"];
/** Opening braces from which an object is looked for in prose: bounds the work on hostile replies. */
const STARTS_MAX = 40;

/** Removes the thinking that some models print before their answer. */
export function withoutThinking(text: string): string {
  const trimmed = text.trim();
  const tag = THINKING_TAGS.find((each) => trimmed.startsWith(`<${each}>`));
  if (tag === undefined) return trimmed;
  const end = trimmed.lastIndexOf(`</${tag}>`);
  return end === -1 ? trimmed : trimmed.slice(end + tag.length + 3).trim();
}

/**
 * The JSON object that a reply means: the whole text, a fenced block, or the first balanced object in prose. Of several
 * candidates the largest counts, because small ones are usually quotations.
 *
 * @returns null when nothing parses to an object
 */
export function extractJsonObject(text: string): Record<string, unknown> | null {
  const answer = withoutThinking(text);
  const whole = parseObject(answer);
  if (whole !== null) return whole;
  const candidates = [...fencedBlocks(answer), ...balancedObjects(answer)].sort((a, b) => b.length - a.length);
  for (const candidate of candidates) {
    const value = parseObject(candidate);
    if (value !== null) return value;
  }
  return null;
}

function parseObject(text: string): Record<string, unknown> | null {
  if (!text.trimStart().startsWith("{")) return null;
  const value = parse(text) ?? parse(withEscapedBreaks(text));
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Small models put real line breaks and tabs into JSON strings; what they mean is plain. */
function withEscapedBreaks(text: string): string {
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  let quoted = false;
  let result = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === '"') quoted = !quoted;
    if (quoted && character === "\\") {
      result += character + (text[at + 1] ?? "");
      at += 1;
    } else result += quoted ? (escapes[character] ?? character) : character;
  }
  return result;
}

function fencedBlocks(text: string): string[] {
  const blocks: string[] = [];
  let open: string[] | null = null;
  for (const line of text.split("\n")) {
    if (!line.trimStart().startsWith("```")) open?.push(line);
    else if (open === null) open = [];
    else {
      blocks.push(open.join("\n"));
      open = null;
    }
  }
  return blocks;
}

/** Outermost `{...}` runs, braces inside strings not counted. */
function balancedObjects(text: string): string[] {
  const found: string[] = [];
  let start = text.indexOf("{");
  for (let tried = 0; start !== -1 && tried < STARTS_MAX; tried += 1) {
    const end = closingBrace(text, start);
    if (end !== null) found.push(text.slice(start, end + 1));
    start = text.indexOf("{", (end ?? start) + 1);
  }
  return found;
}

function closingBrace(text: string, start: number): number | null {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === "{") depth += 1;
    else if (!quoted && character === "}") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return null;
}
