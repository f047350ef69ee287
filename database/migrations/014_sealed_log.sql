-- What makes the log evidence: keys, signed checkpoints, what witnesses put under them, and the roots that proofs are made of.

alter table audit_log_state add column log_id uuid not null default gen_random_uuid();  -- first part of the log's name

-- Public halves of the Auditor's keys; the private ones never come near the database.
create table audit_keys (
  id            text primary key check (id ~ '^[0-9a-f]{8}$'),
  generation    int not null,
  verifier_key  text not null unique check (length(verifier_key) <= 400),
  reason        text not null check (length(reason) <= 200),
  created_at    timestamptz not null default clock_timestamp(),
  retired_at    timestamptz,
  retired_reason text check (length(retired_reason) <= 200),
  check ((retired_at is null) = (retired_reason is null))
);

create table audit_checkpoints (
  generation  int not null,
  size        bigint not null check (size > 0),
  root        bytea not null check (octet_length(root) = 32),
  note        text not null check (length(note) <= 10000),   -- as signed, without cosignatures
  term        bigint not null,
  signed_at   timestamptz not null default clock_timestamp(),
  primary key (generation, size)
);
create unique index audit_checkpoints_one_root on audit_checkpoints (size);  -- a later generation grows from where the earlier one ended

create table audit_cosignatures (
  generation    int not null,
  size          bigint not null,
  witness       text not null check (length(witness) <= 200),
  line          text not null check (length(line) <= 400),
  cosigned_at   timestamptz not null default clock_timestamp(),
  primary key (generation, size, witness),
  foreign key (generation, size) references audit_checkpoints (generation, size)
);

-- Roots of 256^level leaves: with them a proof reads a few hundred hashes, however long the log is.
create table audit_subtrees (
  level     int not null check (level between 1 and 5),
  position  bigint not null check (position >= 0),
  root      bytea not null check (octet_length(root) = 32),
  primary key (level, position)
);

-- One row. Who of several Auditors seals, and until when; ungoverned, as every lease. The term stands in each checkpoint.
create table audit_sealer (
  one        boolean primary key default true check (one),
  term       bigint not null default 0,
  holder     text,
  expires_at timestamptz not null default '-infinity'
);
insert into audit_sealer default values;

-- How many events a run had when it had ended, and the root of a tree over them; the event run.sealed says the same.
create table run_seals (
  run_id       uuid not null references orchestra_runs (id),
  through_seq  bigint not null,
  count        bigint not null check (count > 0),
  root         bytea not null check (octet_length(root) = 32),
  event_id     uuid not null unique,
  sealed_at    timestamptz not null default clock_timestamp(),
  primary key (run_id, through_seq)
);

-- Files into which payloads were moved when they had been kept long enough.
create table archive_segments (
  id              uuid primary key,
  first_event_id  uuid not null,
  last_event_id   uuid not null,
  payloads        int not null check (payloads > 0),
  sha256          bytea not null check (octet_length(sha256) = 32),
  created_at      timestamptz not null default clock_timestamp(),
  check (first_event_id <= last_event_id)
);

insert into governed_tables
  (table_name, subject_type, key_columns, run_expression, task_expression, status_column, born_with_status, audited_columns, silent_columns)
values
  ('audit_keys', 'audit_key', '{id}', null, null, null, false, '{generation,verifier_key,reason,retired_at,retired_reason}', '{}'),
  ('archive_segments', 'archive_segment', '{id}', null, null, null, false, '{first_event_id,last_event_id,payloads,sha256}', '{}');

insert into event_type_roles (event_type, role_name)
select event_type, 'aura_auditor' from unnest(array['log.mismatch', 'log.contradicted', 'log.refused', 'posture.violated', 'posture.checked']) event_type;

-- From a mutation's reply to its event; few events are of these kinds.
create index audit_events_acts on audit_events (subject_id, id) where subject_type in ('director_action', 'project', 'api_key', 'agent');

-- The manifest of the newest release, whose hash the log carries.
create index audit_events_releases on audit_events (id) where event_type = 'schema.released';

-- What was erased, by what it was of.
create index audit_events_erasures on audit_events (subject_id) where event_type = 'payload.erased';
