-- What the Manager asks the Auditor to judge, what the Auditor saw, and what landed because of it.

create table verification_requests (
  id               uuid primary key,
  run_id           uuid not null references orchestra_runs(id),
  kind             text not null check (kind in ('requirements', 'plan', 'acceptance_tests', 'implement', 'review', 'assembly')),
  task_id          uuid references task_queue(id),          -- null for assembly
  attempt          int,
  claim_id         bigint,
  product_sha256   bytea references blobs(sha256),
  base_revision_id uuid,                                    -- the landed head it was built on; null: nothing landed yet
  tree_sha256      bytea references blobs(sha256),          -- the exact tree to judge (implement, assembly)
  plan_id          uuid references plans(id),
  suite_id         uuid references suites(id),
  retry            int not null default 0 check (retry >= 0),   -- judged again after an environment failure or without a conclusion
  created_at       timestamptz not null default now(),
  check ((kind = 'assembly') = (task_id is null)),
  check (kind not in ('implement', 'assembly') or tree_sha256 is not null)
);
create unique index verification_requests_once on verification_requests
  (task_id, attempt, coalesce(base_revision_id, run_id), coalesce(suite_id, run_id), retry) where task_id is not null;
create unique index verification_requests_assembly_once on verification_requests
  (run_id, base_revision_id, suite_id, retry) where kind = 'assembly';

create index verification_requests_run on verification_requests (run_id);

-- Lease and fence of an auditor at work on a request; not audited.
create table verification_leases (
  request_id  uuid primary key references verification_requests(id),
  holder      text not null,
  claim_id    bigint not null,
  expires_at  timestamptz not null
);

create table verifications (
  id            uuid primary key,
  request_id    uuid not null unique references verification_requests(id),
  run_id        uuid not null references orchestra_runs(id),
  task_id       uuid references task_queue(id),
  attempt       int,
  outcome       text not null check (outcome in ('accepted', 'rejected', 'inconclusive', 'environment')),
  report_sha256 bytea not null references blobs(sha256),   -- JSON VerificationReport
  tree_sha256   bytea,
  sandbox_level text,                                      -- null where nothing had to be executed
  environment_sha256 bytea,
  auditor       text not null,
  created_at    timestamptz not null default now(),
  check (tree_sha256 is null or outcome <> 'accepted' or sandbox_level is not null)   -- a tree is accepted only when it was executed
);
alter table plans  add constraint plans_verification  foreign key (verification_id) references verifications(id);
alter table suites add constraint suites_verification foreign key (verification_id) references verifications(id);

-- Verdict per requirement of one verification. Only `pass` counts.
create table verdicts (
  verification_id uuid not null references verifications(id),
  requirement_id  uuid not null references requirements(id),
  verdict         text not null check (verdict in ('pass', 'fail', 'inconclusive', 'not_run')),
  tests_passed    int not null,
  tests_total     int not null,
  detail          text not null default '',
  primary key (verification_id, requirement_id),
  check (verdict <> 'pass' or (tests_total > 0 and tests_passed = tests_total))   -- no evidence is never a pass
);
create index verdicts_requirement on verdicts (requirement_id);

create table test_results (
  verification_id uuid not null references verifications(id),
  test_id         text not null,
  requirement_keys text[] not null,
  outcome         text not null check (outcome in ('pass', 'fail', 'error', 'not_run')),
  reached_product boolean not null,
  assertions      int not null,
  guard           boolean not null default false,   -- passed on the stub: counts only after it died under a body removal
  duration_ms     int not null,
  primary key (verification_id, test_id)
);

create table evidence (
  id              uuid primary key,
  verification_id uuid not null references verifications(id),
  kind            text not null,                     -- acceptance_run, stub_run, body_removal_run, own_tests, plan_import
  command         text[] not null,
  exit_code       int,
  reason          text,                              -- what ended it: exit, timeout, memory, output, killed
  output_sha256   bytea not null references blobs(sha256),
  tree_sha256     bytea,
  duration_ms     int not null,
  created_at      timestamptz not null default now()
);
create index evidence_verification on evidence (verification_id);

-- The landed history of a run: one row a landing, in order.
create table revisions (
  id              uuid primary key,
  run_id          uuid not null references orchestra_runs(id),
  number          int not null check (number >= 0),
  parent_id       uuid references revisions(id),
  tree_sha256     bytea not null references blobs(sha256),
  task_id         uuid references task_queue(id),           -- null: the base tree of base_run_id
  agent_id        uuid references agents(id),
  verification_id uuid unique references verifications(id),
  message         text not null,
  created_at      timestamptz not null default now(),
  unique (run_id, number)
);
alter table verification_requests add constraint verification_requests_base foreign key (base_revision_id) references revisions(id);
alter table orchestra_runs
  add constraint orchestra_runs_head foreign key (head_revision_id) references revisions(id),
  add constraint orchestra_runs_delivered foreign key (delivered_revision_id) references revisions(id);

-- Checks that an agent asked for during its work; executed by the Auditor's sandbox.
create table sandbox_jobs (
  id           uuid primary key,
  run_id       uuid not null references orchestra_runs(id),
  task_id      uuid not null references task_queue(id),
  claim_id     bigint not null,
  number       int not null check (number between 1 and 40),
  tree_sha256  bytea not null references blobs(sha256),
  toolchain    text not null,
  command      text not null,                        -- a name from the toolchain's list
  arguments    text[] not null default '{}',
  status       text not null default 'queued' check (status in ('queued', 'running', 'done', 'refused')),
  result_sha256 bytea references blobs(sha256),      -- JSON SandboxJobResult
  lease_holder text,
  lease_expires_at timestamptz,
  created_at   timestamptz not null default now(),
  finished_at  timestamptz,
  unique (claim_id, number)
);
create index sandbox_jobs_open on sandbox_jobs (created_at) where status in ('queued', 'running');
