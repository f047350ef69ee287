import type { Ecosystem } from "@aura/shared/schemas/dependencies";
import { z } from "zod";

const Address = z
  .string()
  .refine(
    (text) => text === "none" || (/^https?:\/\/[^/@?#]+(\/[^?#]*)?$/.test(text) && URL.canParse(text)),
    "an http or https address without user, query and fragment, or none",
  )
  .transform((text) => (text === "none" || text.endsWith("/") ? text : `${text}/`));

/** Variables of whoever asks the registries: the Auditor with a gate of its own, or the gate's own process. */
export const RegistryAddresses = {
  AURA_NPM_REGISTRY: Address.default("https://registry.npmjs.org/").describe(
    "Registry that npm packages of TypeScript products come from; none: no package can be installed.",
  ),
  AURA_PYPI_INDEX: Address.default("https://pypi.org/simple/").describe(
    "Simple index (JSON, PEP 691) that packages of Python products come from; none: no package can be installed.",
  ),
};

export function registriesOf(given: {
  readonly AURA_NPM_REGISTRY: string;
  readonly AURA_PYPI_INDEX: string;
}): Record<Ecosystem, string | null> {
  const address = (text: string) => (text === "none" ? null : text);
  return { npm: address(given.AURA_NPM_REGISTRY), pypi: address(given.AURA_PYPI_INDEX) };
}
