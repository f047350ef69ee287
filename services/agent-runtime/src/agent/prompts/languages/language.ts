import { PYTHON } from "./python.ts";
import { TYPESCRIPT } from "./typescript.ts";
import type { LanguageWords } from "./words.ts";

/** @param toolchain a name in shared/src/models/toolchains.ts */
export function languageOf(toolchain: { readonly name: string }): LanguageWords {
  return toolchain.name === "typescript" ? TYPESCRIPT : PYTHON;
}
