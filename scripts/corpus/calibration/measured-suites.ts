import { readFileSync } from "node:fs";
import { join } from "node:path";
import { auraHome } from "../../system/aura-home.ts";
import type { JudgedSuite } from "./judged-suites.ts";

/** A suite as it was measured: what spoke for the delivery that it let go, and how many honest mistakes it notices. */
export interface MeasuredSuite extends JudgedSuite {
  /** Null where the suite was refused, so that there was no delivery. */
  readonly noticed: number | null;
  readonly mistakes: number;
}

/** One honest mistake, and by how many of the distinct tests it was noticed. */
export interface MeasuredMistake {
  readonly product: string;
  readonly name: string;
  readonly rule: string | null;
  readonly what: string;
  readonly noticed_by: number;
  readonly tests: number;
}

export interface Measurement {
  readonly measured_on: string;
  readonly revision: string;
  readonly suites: readonly MeasuredSuite[];
  readonly mistakes: readonly MeasuredMistake[];
}

export const measurementPath = () => join(auraHome(), "calibration.json");

export function readMeasurement(path: string): Measurement {
  return JSON.parse(readFileSync(path, "utf8")) as Measurement;
}
