import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";

/** The official schemas, as the library of their authors ships them. */
const SCHEMAS = new URL("res/schema/", import.meta.resolve("@cyclonedx/cyclonedx-library/package.json"));
const schema = (name: string) => JSON.parse(readFileSync(new URL(`${name}.SNAPSHOT.schema.json`, SCHEMAS), "utf8"));

function official() {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { "iri-reference": true, "idn-email": true } });
  addFormats.default(ajv);
  for (const name of ["spdx", "jsf-0.82", "cryptography-defs"])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  return ajv.compile(schema("bom-1.6"));
}

const isValid = official();
/** What the official schema says against a bill of materials of CycloneDX 1.6. */
export const problems = (bom: unknown) => (isValid(bom) ? [] : isValid.errors);
