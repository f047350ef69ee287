// Switches one guard of the Auditor off, from outside: the product has no switch for it. A file of this folder is preloaded into
// the Auditor's process and replaces part of one module as it is loaded. What it wants to replace must be there.

import { registerHooks } from "node:module";

/** @param change from the module's text to another; throws when it does not find what it changes */
function changeModule(path, change) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      return url.endsWith(path) ? { ...loaded, source: change(String(loaded.source)) } : loaded;
    },
  });
}

/**
 * Replaces an exported function; the old one is there as `before`.
 *
 * @param path end of the module's path
 * @param source TypeScript of the new one
 */
export function replaceExport(path, name, source) {
  changeModule(path, (text) => {
    const declared = new RegExp(`export (async )?function ${name}\\b`);
    if (!declared.test(text)) throw new Error(`${path} exports no function ${name}`);
    return `${text.replace(declared, "$1function before")}\nexport ${source}\n`;
  });
}

export function replaceText(path, from, to) {
  changeModule(path, (text) => {
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    return text.replace(from, () => to);
  });
}

/** Findings of one kind are dropped from what a validator finds. */
export function dropFindings(path, name, ...codes) {
  const kept = `before(...given).filter(({ code }) => !${JSON.stringify(codes)}.includes(code))`;
  replaceExport(path, name, `function ${name}(...given) { return ${kept}; }`);
}
