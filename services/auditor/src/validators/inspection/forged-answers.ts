import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts, Use } from "../../sandbox/source-facts.ts";
import { type InspectionGround, isStarted, note, productFiles, refusal } from "./ground.ts";
import { type WatchedNames, watchedNames } from "./watched-names.ts";

/** Code that ends a process before it can be asked, or changes what it answers with. */
export function forgedAnswers(ground: InspectionGround): Finding[] {
  const names = watchedNames(ground.toolchain);
  return productFiles(ground).flatMap((file) => {
    const started = isStarted(ground, file.path);
    return [
      ...file.uses.flatMap((use) => forgingUse(names, file, use, started)),
      ...file.handlers.flatMap((handler) => printingHandler(file, handler, started)),
      ...file.hidden.flatMap((place) => hiddenCode(file, place)),
    ];
  });
}

function forgingUse(names: WatchedNames, { path }: FileFacts, use: Use, started: boolean): Finding[] {
  const { name, line, how, early } = use;
  if (early && how === "call" && names.exits.test(name) && !started) {
    const message = `ends the program with ${name} when it is imported. Do it in a function, or where the file is started.`;
    return [refusal("exit_at_import", path, line, message)];
  }
  if ((how === "write" && names.patched.test(name)) || (how === "call" && names.patching.test(name))) {
    const message = `replaces ${name}, which other code in the process relies on. Call something of your own instead.`;
    return [refusal("language_patched", path, line, message)];
  }
  if (how === "write" && early && !started && names.outputs.test(name)) {
    const message = `replaces ${name} when it is imported. Do it where the program is started, if at all.`;
    return [refusal("language_patched", path, line, message)];
  }
  return [];
}

function printingHandler({ path }: FileFacts, handler: FileFacts["handlers"][number], started: boolean): Finding[] {
  if (!handler.prints) return [];
  const message =
    "writes output when the process ends, after everything that was asked of it. Write it when it is due.";
  const isForged = handler.early && !started;
  return [
    isForged
      ? refusal("output_at_exit", path, handler.line, message)
      : note("output_at_exit", path, handler.line, message),
  ];
}

function hiddenCode({ path }: FileFacts, { line, decoded }: FileFacts["hidden"][number]): Finding[] {
  return decoded
    ? [
        refusal(
          "code_hidden",
          path,
          line,
          "runs code that it decodes first, so that nobody can read it. Write it as source.",
        ),
      ]
    : [
        note(
          "code_hidden",
          path,
          line,
          "runs text as code that is put together while it runs: nobody looked that through.",
        ),
      ];
}
