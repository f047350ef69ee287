import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts, Use } from "../../sandbox/source-facts.ts";
import { type InspectionGround, note, productFiles, refusal } from "./ground.ts";
import { type WatchedNames, watchedNames } from "./watched-names.ts";

/** A specification that says one of these may mean the clock, and nobody but a person can tell. */
const CLOCK_TOPIC =
  /\b(?:time(?:stamps?|zones?|outs?|rs?|d)|time (?:of|zone)|(?:current|local|start|end|due|run|real) times?|dates?|dated|days?|daily|hours?|hourly|minutes?|seconds?|clocks?|weeks?|weekly|weekends?|months?|monthly|years?|yearly|today|tomorrow|yesterday|nights?|midnight|noon|calendars?|deadlines?|due|expir(?:e[sd]?|y|ation)|overdue|ages?|schedules?|scheduled|utc|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b/;
const TERMINAL_TOPIC = /\b(?:terminals?|tty|colou?rs?|colou?red|interactive(?:ly)?|prompts?|pip(?:es?|ed)|progress)\b/;
const CHANCE_TOPIC =
  /\b(?:random(?:ly|ised|ized)?|chances?|dice|rolls?|shuffl\w+|lotter\w+|draws?|probabilit\w+|samples?|jitter)\b/;
/** Smaller ones are durations. */
const EPOCH_MIN = 1e9;

/**
 * Other ways that a product takes for reasons that no requirement speaks of: a test meets one of them by luck, the day or the hour
 * decides which, and a person meets the other.
 */
export function unaskedBranches(ground: InspectionGround): Finding[] {
  const names = watchedNames(ground.toolchain);
  return productFiles(ground).flatMap((file) => file.uses.flatMap((use) => unaskedBranch(ground, names, file, use)));
}

function unaskedBranch({ known }: InspectionGround, names: WatchedNames, { path }: FileFacts, use: Use): Finding[] {
  const numbers = use.compared ? use.words.map(Number).filter((number) => !Number.isNaN(number)) : [];
  const hasMoment = names.epoch.test(use.name) && numbers.some((number) => Math.abs(number) >= EPOCH_MIN);
  const hasPart = names.calendar.test(use.name) && numbers.length > 0;
  if ((hasMoment || hasPart) && !known.speaksOf(CLOCK_TOPIC)) {
    const message = `compares the clock (${use.name}) with a fixed time, and nothing in the requirements is about one. Remove it.`;
    return [refusal("clock_unasked", path, use.line, message)];
  }
  if (!known.speaksOf(TERMINAL_TOPIC)) {
    const message = `asks with ${use.name} whether a person is there, and no requirement makes a difference there. Remove it.`;
    if (names.typing.test(use.name)) return [refusal("terminal_unasked", path, use.line, message)];
    if (names.watching.test(use.name)) return [note("terminal_unasked", path, use.line, message)];
  }
  if (names.chance.test(use.name) && numbers.length > 0 && !known.speaksOf(CHANCE_TOPIC)) {
    const message = `lets chance (${use.name}) decide, and nothing in the requirements is left to chance. Remove it.`;
    return [refusal("chance_unasked", path, use.line, message)];
  }
  if (names.ownFacts.test(use.name) && numbers.length > 0) {
    const message = `compares a fact of its process (${use.name}) with a fixed number, which only tells where and how long it runs. Remove it.`;
    return [refusal("test_detection", path, use.line, message)];
  }
  return [];
}
