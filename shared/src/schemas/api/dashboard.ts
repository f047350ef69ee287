import { z } from "zod";
import { DASHBOARD_PAGES } from "../panel-document.ts";
import { Timestamp } from "./conventions.ts";

export const DashboardParams = z.strictObject({ page: z.enum(DASHBOARD_PAGES) });

const Value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);

/** The rows of every panel of a page, read in one snapshot: its numbers agree with each other. */
export const DashboardData = z
  .strictObject({
    page: z.enum(DASHBOARD_PAGES),
    generated_at: Timestamp,
    panels: z.array(
      z.strictObject({
        id: z.string(),
        rows: z.array(z.record(z.string(), Value)),
        truncated: z.boolean().meta({ description: "there are more rows than the panel shows" }),
      }),
    ),
  })
  .meta({ id: "DashboardData" });
export type DashboardData = z.infer<typeof DashboardData>;
