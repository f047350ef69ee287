/**
 * Text that may come from generated code or a model, made fit for a terminal: control characters could move the cursor,
 * hide lines, or turn words into links, and marks of writing direction could reorder them.
 */
export function plainText(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** The same for JSON, in which nothing may get lost. */
export function plainJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
