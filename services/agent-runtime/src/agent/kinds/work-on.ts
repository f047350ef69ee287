import type { TaskContext } from "@aura/shared/schemas/task-context";
import type { Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { writeAcceptanceTests } from "./acceptance-tests.ts";
import { implement } from "./implement.ts";
import { writePlan } from "./plan.ts";
import { writeRequirements } from "./requirements.ts";
import { writeReview } from "./review.ts";

/** Does the work of one task, whatever its kind. */
export function workOn(context: TaskContext, workshop: Workshop): Promise<Ending> {
  switch (context.kind) {
    case "requirements":
      return writeRequirements(context, workshop);
    case "plan":
      return writePlan(context, workshop);
    case "acceptance_tests":
      return writeAcceptanceTests(context, workshop);
    case "implement":
      return implement(context, workshop);
    case "review":
      return writeReview(context, workshop);
  }
}
