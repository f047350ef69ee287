import { z } from "zod";
import type { ModelPrice } from "../db/orchestration-verbs.ts";

const Usd = z.union([z.string().regex(/^\d+(\.\d{1,6})?$/), z.number().nonnegative()]).transform(String);
const Table = z.record(
  z.string().regex(/^[^/]+\/.+$/, "a key is provider/model"),
  z.strictObject({ input: Usd, output: Usd }),
);

/** AURA_MODEL_PRICES: JSON text of `{"provider/model": {input, output}}`, USD for a million tokens; model `*` is every one. */
export const ModelPrices = z.string().transform((text, context): z.output<typeof Table> => {
  const parsed = Table.safeParse(json(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: "custom", message: `is not a table of prices: ${parsed.error.issues[0]?.message}` });
  return z.NEVER;
});
export type ModelPrices = z.output<typeof ModelPrices>;

/** The rows of the price table that the configuration asks for. */
export function priceRows(prices: ModelPrices): ModelPrice[] {
  return Object.entries(prices).map(([name, { input, output }]) => {
    const slash = name.indexOf("/");
    const [provider, model] = [name.slice(0, slash), name.slice(slash + 1)];
    return { provider, model, input_usd: input, output_usd: output, source: "AURA_MODEL_PRICES" };
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
