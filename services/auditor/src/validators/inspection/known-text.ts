/** What everybody was told: the PRD, the requirements, the plan, the attachments. Nothing in it can be learnt by heart. */
export class KnownText {
  private readonly text: string;

  constructor(texts: readonly string[]) {
    this.text = texts.map(plain).join("\n");
  }

  /** Says this, however it is spaced and spelt in capitals. */
  has(part: string): boolean {
    return this.text.includes(plain(part));
  }

  /** Speaks of what `topic` is about. */
  speaksOf(topic: RegExp): boolean {
    return topic.test(this.text);
  }
}

/** Every text inside a value of JSON; the names of its parts are the schema's words, not the author's. */
export function textsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [String(value)];
  return Object.values(value).flatMap(textsOf);
}

const plain = (text: string) => text.toLowerCase().replaceAll(/\s+/g, " ").trim();
