import { z } from "zod";

const Count = z.int().nonnegative();
const Share = z.number().min(0).max(1);

/** How often something went wrong in `of` cases, with the exact 95 % interval. */
const ErrorRate = z
  .strictObject({ errors: Count, of: Count, rate: Share, low: Share, high: Share })
  .refine(({ errors, of, rate, low, high }) => errors <= of && low <= rate && rate <= high, "is no rate of its cases")
  .meta({ id: "ErrorRate" });
export type ErrorRate = z.infer<typeof ErrorRate>;

const figures = {
  judged_on: z.array(z.iso.date()).min(1),
  false_accepts: ErrorRate.meta({ description: "wrong products that were accepted" }),
  false_rejects: ErrorRate.meta({ description: "correct products that were not accepted" }),
  guards: z.array(
    z.strictObject({
      guard: z.string(),
      tried: z.array(z.string()).meta({ description: "submissions that were judged without this guard" }),
      through: z.array(z.string()).meta({ description: "those of them that were accepted then" }),
    }),
  ),
};

/** What `npm run audit:corpus -- --publish` writes. */
export const ReportCardFile = z.object({ ...figures, results: z.array(z.object({ revision: z.string() })).min(1) });

/** How often the Auditor was wrong, as it was measured; docs/operations/AUDITOR_REPORT_CARD.md says on what. */
export const AuditorReportCard = z
  .strictObject({
    ...figures,
    submissions: Count.meta({ description: "of the corpus, those meant neither as wrong nor as correct among them" }),
    revisions: z
      .array(z.strictObject({ revision: z.string(), submissions: Count }))
      .meta({ description: "of this program, at which they were judged" }),
  })
  .meta({ id: "AuditorReportCard" });
export type AuditorReportCard = z.infer<typeof AuditorReportCard>;
