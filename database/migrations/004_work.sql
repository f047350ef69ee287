-- The queue. Narrow rows, state in one column; what is large lives in blobs, what is hot in task_leases.

create sequence claim_ids;  -- fencing tokens: one for each accept, strictly rising over the whole installation

alter table task_queue
  add column kind             text not null check (kind in ('requirements', 'plan', 'acceptance_tests', 'implement', 'review')),
  add column key              text not null check (key ~ '^[A-Z][A-Z0-9-]{0,39}$'),  -- short and stable inside the run: T3
  add column title            text not null,
  add column spec_sha256      bytea not null references blobs(sha256),               -- JSON TaskSpec
  add column attempt          int not null default 0 check (attempt >= 0),           -- counts claims
  add column failures         int not null default 0 check (failures >= 0),          -- counts what is charged
  add column deaths           int not null default 0 check (deaths >= 0),            -- leases that ran out
  add column claim_id         bigint,                                                -- current fence; null unless claimed
  add column context_sha256   bytea references blobs(sha256),                        -- what the assigned agent is given
  add column usd_limit        numeric(14, 6),
  add column tokens_limit     bigint,
  add column repairs_task_id  uuid references task_queue(id),
  add column disputes_test_ids text[] not null default '{}',
  add column best_request_id  uuid,                                                  -- best attempt so far (verification_requests)
  add column overridden       boolean not null default false,
  add column preferred_agent_id uuid references agents(id),                          -- whom the Director wants on it
  add column return_code      text,                                                  -- why it was put back to ready last
  add column waiting_code     text,
  add column waiting_detail   text,
  add column assigned_at      timestamptz,
  add column status_changed_at timestamptz not null default now(),
  add constraint task_queue_status_known check (status in
    ('blocked', 'ready', 'assigned', 'running', 'submitted', 'verified', 'rejected', 'awaiting_director', 'failed', 'cancelled')),
  add constraint task_queue_assigned_has_agent check (status not in ('assigned', 'running') or assigned_agent is not null),
  add constraint task_queue_running_has_claim check (status not in ('running', 'submitted') or claim_id is not null),
  add constraint task_queue_key unique (run_id, key);
alter table task_queue set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
create index task_queue_held on task_queue (assigned_agent) where status in ('assigned', 'running');

create table task_transitions (
  from_status text not null, to_status text not null, verb text not null, primary key (from_status, to_status, verb)
);
insert into task_transitions (from_status, to_status, verb) values
  ('blocked', 'ready', 'release_tasks'),
  ('ready', 'assigned', 'assign_tasks'),
  ('assigned', 'ready', 'withdraw_tasks'),
  ('assigned', 'running', 'accept_tasks'),
  ('running', 'submitted', 'submit_attempts'),
  ('running', 'ready', 'requeue_tasks'),
  ('submitted', 'verified', 'verify_tasks'),
  ('submitted', 'rejected', 'reject_tasks'),
  ('rejected', 'ready', 'requeue_tasks'),
  ('submitted', 'ready', 'requeue_tasks'),
  ('blocked', 'awaiting_director', 'escalate_tasks'), ('ready', 'awaiting_director', 'escalate_tasks'),
  ('running', 'awaiting_director', 'escalate_tasks'), ('submitted', 'awaiting_director', 'escalate_tasks'),
  ('rejected', 'awaiting_director', 'escalate_tasks'),
  ('awaiting_director', 'ready', 'retry_task'), ('failed', 'ready', 'retry_task'),
  ('awaiting_director', 'ready', 'answer'), ('failed', 'ready', 'answer'),
  ('awaiting_director', 'ready', 'reassign_task'), ('failed', 'ready', 'reassign_task'),
  ('submitted', 'verified', 'override_verdict'), ('rejected', 'verified', 'override_verdict'),
  ('awaiting_director', 'verified', 'override_verdict'),
  ('awaiting_director', 'failed', 'fail_tasks'),
  ('blocked', 'cancelled', 'cancel_tasks'), ('ready', 'cancelled', 'cancel_tasks'), ('assigned', 'cancelled', 'cancel_tasks'),
  ('running', 'cancelled', 'cancel_tasks'), ('submitted', 'cancelled', 'cancel_tasks'), ('rejected', 'cancelled', 'cancel_tasks'),
  ('awaiting_director', 'cancelled', 'cancel_tasks'), ('failed', 'cancelled', 'cancel_tasks');

create table task_dependencies (
  task_id     uuid not null references task_queue(id),
  depends_on  uuid not null references task_queue(id),
  primary key (task_id, depends_on),
  check (task_id <> depends_on)
);
create index task_dependencies_reverse on task_dependencies (depends_on);

-- One row for each claim of a task: who held it, what was given, what came of it.
create table task_attempts (
  task_id          uuid not null references task_queue(id),
  attempt          int not null check (attempt > 0),
  claim_id         bigint not null unique,
  agent_id         uuid not null references agents(id),
  runtime_id       uuid not null references agent_runtimes(id),
  context_sha256   bytea not null references blobs(sha256),
  accepted_at      timestamptz not null default now(),
  ended_at         timestamptz,
  outcome          text check (outcome in ('submitted', 'gave_up', 'held_up', 'expired', 'taken_back')),
  outcome_code     text,           -- held_up: budget, question, provider_failed, unknown_price, isolation_unavailable, ...
  outcome_detail   text,
  product_sha256   bytea references blobs(sha256),
  transcript_sha256 bytea references blobs(sha256),   -- prompts, replies, tool calls, in order
  self_confidence  numeric(4, 3) check (self_confidence between 0 and 1),
  charged          boolean not null default false,
  primary key (task_id, attempt)
);

create index task_attempts_agent on task_attempts (agent_id);

-- The lease of a running claim; renewed often, decides nothing but "is the holder alive", not audited.
create unlogged table task_leases (
  task_id     uuid primary key,
  claim_id    bigint not null,
  expires_at  timestamptz not null
);
