/** What a benchmark works with. */
export interface Surroundings {
  /** One line on stderr: how far it is. */
  readonly progress: (line: string) => void;
  /** Aborts with Ctrl-C: what is under way ends, nothing is reported. */
  readonly signal: AbortSignal;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Outcome {
  readonly table: Table;
  /** What the table does not say: bars and whether they are met, what dominates. */
  readonly notes: readonly string[];
  /** Every round as it was measured, for the JSON file. */
  readonly rounds: readonly object[];
}

export interface Benchmark {
  readonly name: string;
  readonly measures: string;
  run(around: Surroundings): Promise<Outcome>;
}
