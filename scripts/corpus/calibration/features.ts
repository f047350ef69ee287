import type { ConfidenceInputs } from "@aura/shared/schemas/api/report";
import { changesNoticed } from "../../../services/manager/src/orchestration/confidence.ts";
import { errorElsewhere, estimate, fitted, type Measured } from "./fit.ts";
import type { MeasuredSuite } from "./measured-suites.ts";

/** A way to estimate what a suite notices, from what speaks for a delivery. */
export interface Model {
  readonly name: string;
  readonly features: (inputs: ConfidenceInputs) => number[];
}

const testedTwice = ({ tested, tested_twice }: ConfidenceInputs) => (tested === 0 ? 0 : tested_twice / tested);

export const CHANGES: Model = { name: "changes noticed", features: (inputs) => [1, changesNoticed(inputs)] };
const MODELS: readonly Model[] = [
  { name: "the same for every suite", features: () => [1] },
  CHANGES,
  { name: "requirements tested twice", features: (inputs) => [1, testedTwice(inputs)] },
  { name: "both", features: (inputs) => [1, changesNoticed(inputs), testedTwice(inputs)] },
];

export interface ModelError {
  readonly name: string;
  readonly weights: readonly number[];
  /** Mean distance from what was measured, each product estimated by the others. */
  readonly error: number;
}

/** Each way to estimate, with its error. */
export function comparedModels(suites: readonly MeasuredSuite[]): ModelError[] {
  return MODELS.map((model) => {
    const points = pointsOf(model, suites);
    return { name: model.name, weights: fitted(points), error: errorElsewhere(points) };
  });
}

export function pointsOf({ features }: Model, suites: readonly MeasuredSuite[]): Measured[] {
  return suites.flatMap(({ product, inputs, noticed, mistakes }) =>
    inputs === null || noticed === null ? [] : [{ product, features: features(inputs), noticed, mistakes }],
  );
}

/** The estimate for a suite, by the weights that all of them gave. */
export function estimatedShare(weights: readonly number[], inputs: ConfidenceInputs): number {
  return estimate(weights, CHANGES.features(inputs));
}
