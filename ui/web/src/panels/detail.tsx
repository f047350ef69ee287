import type { Panel } from "@aura/shared/schemas/panel-document";
import type { Row } from "../parts/action-form.tsx";
import { ApprovalDetailView } from "../parts/approval-detail.tsx";
import { TaskDetailView } from "../run/task-detail.tsx";

type DetailWish = NonNullable<Extract<Panel, { kind: "queue" }>["detail"]>;

/** What a row stands for, before somebody acts on it. */
export function Detail({ detail, row }: { detail: DetailWish; row: Row }) {
  const id = (parameter: string) => String(row[detail.pathParams[parameter] ?? ""] ?? "");
  switch (detail.operationId) {
    case "getApproval":
      return <ApprovalDetailView approval_id={id("approval_id")} />;
    case "getTask":
      return <TaskDetailView task_id={id("task_id")} />;
    default:
      return <p class="hint">This version of the page does not know {detail.operationId}.</p>;
  }
}
