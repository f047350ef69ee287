/** Who an event names as its actor; `observer` and `service` where holders of such keys read what is sensitive. */
export const ACTOR_KINDS = [
  "director",
  "observer",
  "service",
  "manager",
  "agent",
  "runtime",
  "auditor",
  "migration",
  "unattributed",
] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

export const SERVICE_ROLES = ["aura_manager", "aura_agent", "aura_auditor", "aura_observer", "aura_migrator"] as const;
export type ServiceRole = (typeof SERVICE_ROLES)[number];

export const KEY_ROLES = ["director", "observer", "service"] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export const AGENT_STANDINGS = ["active", "probation", "suspended", "retired"] as const;
export type AgentStanding = (typeof AGENT_STANDINGS)[number];

export const DIRECTOR_ACTIONS = [
  "approve",
  "reject",
  "request_changes",
  "answer",
  "set_aside",
  "confirm_inspection",
  "deliver_partial",
  "pause",
  "resume",
  "cancel",
  "cancel_task",
  "retry_task",
  "reassign_task",
  "override_verdict",
  "set_priority",
  "set_budget",
  "suspend_agent",
  "reinstate_agent",
  "retire_agent",
  "set_policy",
  "erase_payload",
  "erase_blob",
  "stop_all",
  "resume_all",
] as const;
export type DirectorActionName = (typeof DIRECTOR_ACTIONS)[number];
