-- What was understood, what was planned, how it will be judged.

create table requirements (
  id            uuid primary key,
  run_id        uuid not null references orchestra_runs(id),
  key           text not null check (key ~ '^R[0-9]+$'),
  kind          text not null check (kind in ('functional', 'non_functional', 'interface', 'constraint')),
  priority      text not null check (priority in ('must', 'should', 'could')),
  verification_method text not null check (verification_method in ('test', 'measurement', 'inspection')),
  block_ids     text[] not null check (cardinality(block_ids) > 0),
  content_sha256 bytea not null references blobs(sha256),   -- JSON Requirement
  set_aside_by  uuid references director_actions(id) deferrable initially deferred,
  overridden_by uuid references director_actions(id) deferrable initially deferred,
  override_verdict text check (override_verdict in ('pass', 'fail')),
  inspected_by  uuid references director_actions(id) deferrable initially deferred,
  inspection_verdict text check (inspection_verdict in ('pass', 'fail')),
  created_at    timestamptz not null default now(),
  unique (run_id, key)
);

-- Which tasks serve a requirement, and which one closes it: from then on its tests must pass.
create table task_requirements (
  task_id        uuid not null references task_queue(id),
  requirement_id uuid not null references requirements(id),
  closes         boolean not null default false,
  primary key (task_id, requirement_id)
);
create index task_requirements_requirement on task_requirements (requirement_id);

create table block_dispositions (
  run_id       uuid not null references orchestra_runs(id),
  block_id     text not null,
  disposition  text not null check (disposition in ('requirement', 'context', 'non_goal', 'question', 'set_aside')),
  reason       text not null default '',
  set_aside_by uuid references director_actions(id) deferrable initially deferred,
  primary key (run_id, block_id)
);

create table plans (
  id              uuid primary key,
  run_id          uuid not null references orchestra_runs(id),
  revision        int not null check (revision > 0),
  content_sha256  bytea not null references blobs(sha256),   -- JSON PlanProduct
  digest          bytea not null check (octet_length(digest) = 32),  -- over blocks + requirements + plan: what an approval binds
  verification_id uuid not null,
  created_at      timestamptz not null default now(),
  unique (run_id, revision)
);

create table suites (
  id              uuid primary key,
  run_id          uuid not null references orchestra_runs(id),
  version         int not null check (version > 0),
  content_sha256  bytea not null references blobs(sha256),   -- JSON SuiteProduct
  verification_id uuid,                                      -- null: carried over from base_run_id
  author_agent_id uuid references agents(id),
  replaces_test_ids text[] not null default '{}',            -- changed after implementation began, by a dispute
  created_at      timestamptz not null default now(),
  unique (run_id, version)
);

create table test_disputes (
  id           uuid primary key,
  run_id       uuid not null references orchestra_runs(id),
  task_id      uuid not null references task_queue(id),      -- whose coder disputes
  attempt      int not null,
  test_id      text not null,
  basis        text not null,
  dispute_task_id uuid references task_queue(id),            -- the acceptance_tests task that judges it
  ruling       text check (ruling in ('upheld', 'replaced')),
  ruled_at     timestamptz,
  created_at   timestamptz not null default now(),
  unique (task_id, attempt, test_id)
);

alter table orchestra_runs
  add constraint orchestra_runs_plan foreign key (plan_id) references plans(id),
  add constraint orchestra_runs_suite foreign key (suite_id) references suites(id);
