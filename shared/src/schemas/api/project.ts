import { z } from "zod";
import { Id, Seal, Text, Timestamp } from "./conventions.ts";

export const ProjectName = Text.trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, "no control characters");

export const ProjectRequest = z.strictObject({ name: ProjectName }).meta({ id: "ProjectRequest" });
export type ProjectRequest = z.infer<typeof ProjectRequest>;

export const Project = z
  .strictObject({ id: Id, name: z.string(), created_at: Timestamp, runs: z.int() })
  .meta({ id: "Project" });
export type Project = z.infer<typeof Project>;

export const CreatedProject = Project.extend(Seal).meta({ id: "CreatedProject" });
