-- Approvals, policy, money, and the switch that stops everything.

create table approvals (
  id           uuid primary key,
  run_id       uuid not null references orchestra_runs(id),
  kind         text not null check (kind in ('plan', 'landing', 'delivery', 'question')),
  status       text not null default 'pending' check (status in
                 ('pending', 'approved', 'rejected', 'changes_requested', 'expired', 'voided')),
  digest       bytea not null check (octet_length(digest) = 32),
  subject_id   uuid,                  -- plan, verification request, revision or task that it is about
  content_sha256 bytea not null references blobs(sha256),   -- JSON shown to the Director; its hash is part of the digest
  question     text,
  answer       text,
  expires_at   timestamptz not null,
  decided_by   uuid references director_actions(id) deferrable initially deferred,  -- null with status approved: by policy, see policy_decisions
  decided_at   timestamptz,
  used_at      timestamptz,
  created_at   timestamptz not null default now()
);
create index approvals_run on approvals (run_id);
create index approvals_pending on approvals (id) where status = 'pending';

create table approval_transitions (from_status text not null, to_status text not null, primary key (from_status, to_status));
insert into approval_transitions values
  ('pending', 'approved'), ('pending', 'rejected'), ('pending', 'changes_requested'), ('pending', 'expired'), ('pending', 'voided'),
  ('approved', 'voided');

alter table director_actions
  add column key_id   uuid references api_keys(id),
  add column outcome  text,
  add column code     text,
  add column args_sha256 bytea,
  add column request_id text;

create table policies (
  key         text not null,
  version     int not null check (version > 0),
  value       text not null,
  description text not null,
  created_at  timestamptz not null default now(),
  primary key (key, version)
);

create table policy_decisions (
  id          uuid primary key,
  run_id      uuid references orchestra_runs(id),
  task_id     uuid references task_queue(id),
  policy_key  text not null,
  policy_version int not null,
  decision    text not null check (decision in ('allow', 'deny', 'needs_approval')),
  subject     text not null,
  reason      text not null,
  created_at  timestamptz not null default now(),
  foreign key (policy_key, policy_version) references policies(key, version)
);
create index policy_decisions_run on policy_decisions (run_id);

-- Prices in USD for a million tokens. The newest row of (provider, model) counts; a missing one stops the call.
create table model_prices (
  provider    text not null,
  model       text not null,          -- exact name, or '*' for every model of the provider
  input_usd   numeric(14, 6) not null check (input_usd >= 0),
  output_usd  numeric(14, 6) not null check (output_usd >= 0),
  source      text not null,
  valid_from  timestamptz not null default now(),
  primary key (provider, model, valid_from)
);

-- One row a model call: the worst case is reserved before it, what it cost is settled after.
create table model_calls (
  id              uuid primary key,
  run_id          uuid not null references orchestra_runs(id),
  task_id         uuid not null references task_queue(id),
  attempt         int not null,
  claim_id        bigint not null,
  provider        text not null,
  model           text not null,
  status          text not null default 'reserved' check (status in ('reserved', 'settled', 'charged_in_full')),
  reserved_tokens bigint not null check (reserved_tokens > 0),
  reserved_usd    numeric(14, 6) not null check (reserved_usd >= 0),
  input_tokens    bigint,
  output_tokens   bigint,
  usd             numeric(14, 6),
  outcome         text,                -- ok, or the provider port's error code
  request_sha256  bytea references blobs(sha256),
  reply_sha256    bytea references blobs(sha256),
  duration_ms     int,
  created_at      timestamptz not null default now(),
  settled_at      timestamptz
);
create index model_calls_run on model_calls (run_id);
create index model_calls_task on model_calls (task_id);
create index model_calls_open on model_calls (created_at) where status = 'reserved';

create table system_state (
  one         boolean primary key default true check (one),
  stopped_at  timestamptz,             -- stop_all: nothing is assigned, running sandboxes are killed
  stopped_by  uuid references director_actions(id) deferrable initially deferred
);

-- Replies to requests with an Idempotency-Key; scope is the API key's id.
create table idempotent_replies (
  scope        text not null,
  key          text not null,
  body_sha256  bytea not null check (octet_length(body_sha256) = 32),
  status       int,                 -- null while the first request is at work
  reply        bytea,
  created_at   timestamptz not null default now(),
  primary key (scope, key)
);
