import { ACTOR_KINDS } from "@aura/shared/enums/actor";
import { counterOf, generationOf, parseEnvelope } from "@aura/shared/ledger/envelopes";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { envelopeOf, eventId } from "@aura/shared/testing/sample-log";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const SAID = { id: eventId(1, 42, 7), tx: "42", set: { note: null, title: "t" } };
const TEXT = JSON.stringify(envelopeOf(SAID));
const parse = (text: string) => parseEnvelope(Buffer.from(text));

/** The same with another text in one place. */
const withId = (json: string) => TEXT.replace('"request_id":""', `"request_id":${json}`);

describe("an envelope", () => {
  test("is read from its bytes", () => {
    expect(parse(TEXT)).toEqual(envelopeOf(SAID));
    expect(TEXT).toBe(canonicalJson(envelopeOf(SAID)));
  });

  test("may hold any text, in the one form of RFC 8785", () => {
    const character = fc
      .integer({ min: 0, max: 0x10ffff - 0x800 })
      .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));
    const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(""));
    const read = fc.property(text, text, text, (description, subject_id, note) => {
      const said = envelopeOf({ ...SAID, description, subject_id, set: { note } });
      expect(parse(canonicalJson(said))).toEqual(said);
    });
    fc.assert(read, { numRuns: 50 });
    for (const json of ['"\\u0000"', '"\\u001f\\b\\f\\n\\r\\t\\"\\\\/"', '"\u007f\u2028\u{1f600}\uffff"'])
      expect(parse(withId(json))?.request_id, json).toBe(JSON.parse(json));
  });

  test.each([
    ["a half of a surrogate pair, escaped", withId('"\\ud800"')],
    ["another half", withId('"x\\udfff"')],
    ["both halves of a pair, escaped", withId('"\\ud83d\\ude00"')],
    ["a letter escaped", withId('"\\u0061"')],
    ["a slash escaped", withId('"\\/"')],
    ["an escape in capitals", withId('"\\u001F"')],
    ["a long escape for a short one", withId('"\\u000a"')],
    ["a NUL that is not escaped", withId('"\0"')],
    ["-0", withId("-0")],
    ["2^53+1", withId("9007199254740993")],
    ["1.0", withId("1.0")],
    ["null", withId("null")],
    ["a list", withId('[""]')],
    ["a space", TEXT.replace(",", ", ")],
    ["a newline at its end", `${TEXT}\n`],
    ["a byte order mark", `\ufeff${TEXT}`],
    ["a key twice", TEXT.replace("{", '{"v":"1",')],
    ["a key twice, one after the other", TEXT.replace('"request_id":""', '"request_id":"","request_id":""')],
    ["a key more", TEXT.replace(/\}$/, ',"w":""}')],
    ["a key less", TEXT.replace('"request_id":"",', "")],
    ["keys in another order", TEXT.replace('"tx":"42","v":"1"', '"v":"1","tx":"42"')],
    ["a prototype", TEXT.replace("{", '{"__proto__":{},')],
    ["another version", TEXT.replace('"v":"1"', '"v":"2"')],
    ["a set in another order", TEXT.replace('"note":null,"title":"t"', '"title":"t","note":null')],
    ["a set with a key twice", TEXT.replace('"note":null', '"note":null,"note":null')],
    ["a set with a number", TEXT.replace('"note":null', '"note":1')],
    ["a set with a prototype", TEXT.replace('"note":null', '"__proto__":null')],
    ["a set with a name that is no column's", TEXT.replace('"note":null', '"9":null')],
    ["a transaction that its id does not tell", TEXT.replace('"tx":"42"', '"tx":"43"')],
    ["a transaction with a zero before it", TEXT.replace('"tx":"42"', '"tx":"042"')],
    ["an id in capitals", TEXT.replace("802a", "802A")],
    ["a day without a time", TEXT.replace("T10:00:00.000000Z", "")],
    ["an actor that is no word", TEXT.replace('"manager"', '"The Manager"')],
    ["more than 65,535 bytes", withId(`"${"a".repeat(65_535)}"`)],
    ["nothing", ""],
    ["no object", '"v"'],
  ])("with %s is none", (_, text) => {
    if (text === TEXT) throw new Error("nothing was changed");
    expect(parse(text)).toBeNull();
  });

  test.each(ACTOR_KINDS)("may be written by %s", (actor_kind) => {
    const said = envelopeOf({ ...SAID, actor_kind });
    expect(parse(JSON.stringify(said))).toEqual(said);
  });

  test("that is not UTF-8 is none", () => {
    const bytes = Buffer.from(withId('"?"'));
    bytes[bytes.indexOf("?")] = 0xff;
    expect(parseEnvelope(bytes)).toBeNull();
    expect(parseEnvelope(Buffer.from(withId('"\ufffd"')))).not.toBeNull();
  });

  test("tells by its id generation, transaction and counter, as far as they reach", () => {
    const [generation, tx, counter] = [255, 2 ** 52 - 1, 2 ** 48 - 1];
    const id = eventId(generation, tx, counter);
    expect(id).toBe("ffffffff-ffff-8fff-8000-ffffffffffff");
    const envelope = parse(JSON.stringify(envelopeOf({ id, tx: String(tx) })));
    if (envelope === null) throw new Error("it is an envelope");
    expect([generationOf(envelope), counterOf(envelope)]).toEqual([generation, counter]);
  });
});
