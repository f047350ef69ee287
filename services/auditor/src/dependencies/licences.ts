import satisfies from "spdx-satisfies";

/** Trove classifiers of PyPI and old free texts, as the SPDX identifier they stand for. */
const SPDX_OF: ReadonlyMap<string, string> = new Map([
  ["MIT License", "MIT"],
  ["MIT", "MIT"],
  ["BSD License", "BSD-3-Clause"],
  ["BSD", "BSD-3-Clause"],
  ["Apache Software License", "Apache-2.0"],
  ["Apache 2.0", "Apache-2.0"],
  ["Apache License 2.0", "Apache-2.0"],
  ["Apache License, Version 2.0", "Apache-2.0"],
  ["Python Software Foundation License", "PSF-2.0"],
  ["PSF", "PSF-2.0"],
  ["ISC License (ISCL)", "ISC"],
  ["Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"],
  ["MPL 2.0", "MPL-2.0"],
  ["The Unlicense (Unlicense)", "Unlicense"],
  ["zlib/libpng License", "Zlib"],
]);

/** The SPDX identifier of a licence's common name; other texts are returned as they are. */
export function spdxOf(name: string): string {
  return SPDX_OF.get(name.trim()) ?? name.trim();
}

/** True when the expression can be met with licences of the list alone; what is no SPDX expression is never met. */
export function isAllowedLicence(licence: string | null, allowed: readonly string[]): boolean {
  if (licence === null) return false;
  try {
    return satisfies(licence, [...allowed]);
  } catch {
    return false;
  }
}

export function isSpdxExpression(licence: string): boolean {
  try {
    satisfies(licence, ["MIT"]);
    return true;
  } catch {
    return false;
  }
}
