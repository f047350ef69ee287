import type { PlanProduct } from "@aura/shared/schemas/plan-product";

/** What the prompts say differently for each language of products. */
export interface LanguageWords {
  /** The plan of another, small product. */
  readonly plan: PlanProduct;
  /** How its commands look, for the architect. */
  readonly commands: string;
  /** Examples of signatures: of symbols, of a method; and what their types may name. */
  readonly signatures: string;
  readonly methods: string;
  readonly types: string;
  /** Where packages come from, how ranges of their versions look, and the file that names them. */
  readonly registry: string;
  readonly ranges: string;
  readonly manifest: string;
  /** How that file names one version exactly. */
  readonly pinned: string;
  /** Kinds of files that a file scope must not forget. */
  readonly files: string;
  /** A test with a probe, and how a probe prints its value. */
  readonly probe: string;
  readonly printing: string;
  /** The language's own words for a developer: comments on what is public, a failure's trail, starting a process. */
  readonly documentation: string;
  readonly trace: string;
  readonly starting: string;
}
