import { AuraError } from "@aura/shared/problems";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { Heading, ListItem, Nodes, RootContent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";

/** More leaves than any readable PRD has; a cap keeps one request from filling the database with rows. */
const PRD_BLOCKS_MAX = 5000;

/** Beyond these a line is nobody's document, and the parser pays with the square of them. */
const NESTING_MAX = 100;
const COLUMNS_MAX = 1000;

type Draft = Pick<PrdBlock, "kind" | "headings" | "body">;

/**
 * The text that is judged, split and recorded: LF line ends and no byte order mark, otherwise as it came.
 *
 * @throws {AuraError} `validation_failed` for NUL and for what is not Unicode: the database could not hold it verbatim
 */
export function normalisePrd(body: string): string {
  if (body.includes("\u0000") || !body.isWellFormed())
    throw new AuraError("validation_failed", "prd.body: NUL or broken Unicode", {
      issues: [{ path: "prd.body", code: "not_text", message: "only well-formed Unicode without NUL" }],
    });
  return body.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}

/**
 * Splits a PRD into leaf blocks: heading text, paragraph, list item, table row, code block, quote. Block bodies are
 * slices of the source, so no word of it is lost; what a block leaves out is markup. The same text gives the same ids.
 *
 * @param text as `normalisePrd` returns it
 * @throws {AuraError} `prd_empty` without any text, `validation_failed` when nested too deeply, `payload_too_large`
 */
export function splitPrd(text: string): PrdBlock[] {
  refuseCostlyLines(text);
  const drafts: Draft[] = [];
  collect(parse(text).children, text, [], drafts);
  const blocks = drafts.filter(({ body }) => body !== "");
  if (blocks.length === 0) throw new AuraError("prd_empty", "prd.body has no text");
  if (blocks.length > PRD_BLOCKS_MAX)
    throw new AuraError(
      "payload_too_large",
      `the PRD has ${blocks.length} blocks; at most ${PRD_BLOCKS_MAX} are taken`,
    );
  return blocks.map((block, position) => ({ block_id: `B${position + 1}`, position, ...block }));
}

/** Block structure only: what stands inside a line stays text, so inline markup costs nothing and hides nothing. */
const NOT_PARSED = [
  "attention",
  "autolink",
  "characterEscape",
  "characterReference",
  "codeText",
  "definition",
  "hardBreakEscape",
  "htmlText",
  "labelEnd",
  "labelStartImage",
  "labelStartLink",
];

function parse(text: string) {
  return fromMarkdown(text, {
    extensions: [{ disable: { null: NOT_PARSED } }, gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  });
}

const CONTAINER_MARKERS = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)]))+/;

function refuseCostlyLines(text: string): void {
  const refuse = (line: number, code: string, message: string) => {
    throw new AuraError("validation_failed", `prd.body, line ${line}: ${message}`, {
      issues: [{ path: "prd.body", code, message }],
    });
  };
  for (const [index, line] of text.split("\n").entries()) {
    const markers = (CONTAINER_MARKERS.exec(line)?.[0] ?? "").replace(/[^>*+.)-]/g, "").length;
    if (markers > NESTING_MAX) refuse(index + 1, "too_deep", `more than ${NESTING_MAX} quotes or lists in each other`);
    if (line.split("|").length > COLUMNS_MAX) refuse(index + 1, "too_wide", `more than ${COLUMNS_MAX} columns`);
  }
}

interface OpenHeading {
  readonly depth: number;
  readonly text: string;
}

function collect(nodes: readonly RootContent[], text: string, above: readonly OpenHeading[], into: Draft[]): void {
  let open = above;
  for (const node of nodes) {
    const headings = open.map((heading) => heading.text);
    if (node.type === "heading") open = addHeading(node, text, open, into);
    else if (node.type === "list") for (const item of node.children) addListItem(item, text, open, into);
    else if (node.type === "table") addTableRows(node, text, headings, into);
    else if (node.type === "blockquote") into.push({ kind: "quote", headings, body: unquote(slice(node, text)) });
    else if (node.type === "code") into.push({ kind: "code", headings, body: codeOf(node.value, slice(node, text)) });
    else if (node.type !== "thematicBreak") into.push({ kind: "paragraph", headings, body: flush(slice(node, text)) });
  }
}

function addHeading(node: Heading, text: string, open: readonly OpenHeading[], into: Draft[]): readonly OpenHeading[] {
  const body = flush(node.children.map((child) => slice(child, text)).join(""));
  const outer = open.filter(({ depth }) => depth < node.depth);
  into.push({ kind: "heading", headings: outer.map((heading) => heading.text), body });
  return body === "" ? outer : [...outer, { depth: node.depth, text: body }];
}

/** The paragraphs that an item begins with are its block; what follows, nested items above all, are blocks of their own. */
function addListItem(item: ListItem, text: string, open: readonly OpenHeading[], into: Draft[]): void {
  const end = item.children.findIndex((child) => child.type !== "paragraph");
  const own = end < 0 ? item.children : item.children.slice(0, end);
  const body = own.map((child) => flush(slice(child, text))).join("\n\n");
  into.push({ kind: "list_item", headings: open.map((heading) => heading.text), body });
  collect(item.children.slice(own.length), text, open, into);
}

function addTableRows(table: Table, text: string, headings: string[], into: Draft[]): void {
  for (const row of table.children) into.push({ kind: "table_row", headings, body: flush(slice(row, text)) });
}

function slice(node: Nodes, text: string): string {
  return text.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
}

/** Continuation lines without the indentation that their list gave them. */
function flush(source: string): string {
  return source.replace(/\n[ \t]+/g, "\n").trim();
}

function unquote(source: string): string {
  return source
    .split("\n")
    .map((line) => line.replace(/^[ \t]*>[ \t]?/, ""))
    .join("\n")
    .trim();
}

/** A fenced block keeps its fences, because the info string after the opening one is text too. */
function codeOf(value: string, source: string): string {
  const [opening = ""] = source.split("\n", 1);
  const fence = /^(?:`{3,}|~{3,})/.exec(opening)?.[0];
  if (fence === undefined || (value.trim() === "" && opening.trim() === fence)) return value.trimEnd();
  return [opening.trimEnd(), ...(value === "" ? [] : [value]), fence].join("\n");
}
