-- Of several Managers one leads. Who led when is a record like any other; the lease that says until when only says who is alive.

create table manager_terms (
  term          bigint primary key check (term > 0),
  previous_term bigint generated always as (nullif(term - 1, 0)) stored references manager_terms (term),  -- no term is left out
  holder        text not null check (length(holder) between 1 and 200),
  elected_at    timestamptz not null default clock_timestamp(),
  ended_at      timestamptz,
  ending        text check (ending in ('released', 'expired')),
  check ((ended_at is null) = (ending is null)),
  check (ended_at >= elected_at)
);
create unique index manager_terms_one_open on manager_terms ((true)) where ended_at is null;

-- One row. Every verb of the loop holds it for its transaction (see _enter_leader), an election takes it for itself.
create table manager_lease (
  one        boolean primary key default true check (one),
  term       bigint not null default 0,
  holder     text,
  lasts      interval not null default '10 seconds' check (lasts between interval '2 seconds' and interval '600 seconds'),
  expires_at timestamptz not null default '-infinity'
);
insert into manager_lease default values;

insert into governed_tables
  (table_name, subject_type, key_columns, run_expression, task_expression, status_column, born_with_status, audited_columns, silent_columns)
values
  ('manager_terms', 'manager_term', '{term}', null, null, 'ending', false, '{holder,elected_at,ended_at,ending}', '{}');
