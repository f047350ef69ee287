-- The log. One row a change, written by the trigger of the changed table in the same transaction.

alter table audit_events
  add column event_type   text not null,
  add column run_id       uuid,
  add column task_id      uuid,
  add column subject_type text,
  add column subject_id   text,
  add column actor_kind   text not null,
  add column actor_id     text not null,
  add column tx           xid8 not null,
  add column env          bytea not null check (octet_length(env) <= 65535),   -- RFC 8785 bytes of envelope v1
  add column leaf         bytea generated always as (sha256('\x00'::bytea || env)) stored;
alter table audit_events alter column env set storage main;
create index audit_events_run on audit_events (run_id, id);
create index agent_activity_logs_task on agent_activity_logs (task_id, id);
create index audit_events_task on audit_events (task_id, id) where task_id is not null;

-- The only erasable part of an event: the envelope carries sha256(salt || payload).
create table audit_payloads (
  event_id  uuid primary key references audit_events(id),
  salt      bytea,
  payload   bytea
);

-- The order of the log: dense, without gaps, given by the Auditor below the snapshot frontier.
create table audit_leaves (
  seq       bigint primary key check (seq >= 0),
  event_id  uuid not null unique references audit_events(id),
  leaf      bytea not null
);

create table audit_log_state (
  one           boolean primary key default true check (one),
  generation    int not null default 1 check (generation between 1 and 255),  -- first byte of event ids; +1 after a restore
  size          bigint not null default 0,
  last_event_id uuid
);
insert into audit_log_state default values;

-- Last part of an event's id. Drawn after the changed row was locked, so for one row it rises in the order of the
-- changes; the number of the transaction does not (it may have waited for the lock). cache 1 keeps that true over sessions.
create sequence audit_counter cache 1;

-- What is the same for all events of one statement.
create type event_frame as (
  id_head text, tx xid8, at timestamp, source text, severity text, actor_kind text, actor_id text,
  opening text,      -- the envelope up to the description
  request_id text
);

-- Answer of every verb, one an item.
create type verb_outcome as (id uuid, outcome text, code text, detail text);

-- Which role may append which kind of event beside those that the triggers write.
create table event_type_roles (
  event_type text not null,
  role_name  text not null,
  primary key (event_type, role_name)
);
insert into event_type_roles (event_type, role_name)
select event_type, 'aura_auditor' from unnest(array['replay.mismatch', 'sandbox.unavailable', 'sandbox.escaped']) event_type;
