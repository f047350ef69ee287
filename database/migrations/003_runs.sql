-- A run and what the Director handed in: the PRD verbatim, its attachments, its leaf blocks.

-- Content-addressed bytes: documents, files, outputs. Rows elsewhere hold the hash, so events do too.
create table blobs (
  sha256      bytea primary key check (octet_length(sha256) = 32),
  size        bigint not null check (size >= 0),
  media_type  text not null,
  body        bytea,               -- null once erased; the hash stays
  created_at  timestamptz not null default now(),
  constraint blobs_body_fits check (body is null or (sha256(body) = sha256 and octet_length(body) = size))
);
alter table blobs alter body set storage external;

alter table projects add constraint projects_name_key unique (name);

create table prds (
  id             uuid primary key,
  title          text not null,
  body_sha256    bytea not null references blobs(sha256),
  attachments_sha256 bytea not null references blobs(sha256),  -- JSON [{path, sha256, size}], sorted by path
  blocks_sha256  bytea not null references blobs(sha256),      -- JSON of the leaf blocks below
  created_at     timestamptz not null default now()
);

create table prd_blocks (
  prd_id       uuid not null references prds(id),
  block_id     text not null check (block_id ~ '^B[0-9]+$'),
  position     int not null,
  kind         text not null check (kind in ('heading', 'paragraph', 'list_item', 'table_row', 'code', 'quote')),
  headings     text[] not null,    -- the headings above it, outermost first
  body         text not null,
  primary key (prd_id, block_id)
);

alter table orchestra_runs
  add column title             text not null default '',
  add column prd_id            uuid references prds(id),
  add column oversight         text not null default 'supervised' check (oversight in ('locked', 'supervised', 'autonomous')),
  add column provider          text,           -- allow-list of the run; null: the installation's
  add column model             text,
  add column toolchain         text not null default 'python',
  add column base_run_id       uuid references orchestra_runs(id),
  add column priority          int not null default 0,
  add column usd_limit         numeric(14, 6) not null default 0 check (usd_limit >= 0),
  add column tokens_limit      bigint not null default 0 check (tokens_limit >= 0),
  add column paused_at         timestamptz,
  add column stop_reason       text check (stop_reason in ('verified', 'partial', 'verification_failed', 'stuck', 'environment', 'policy', 'cancelled')),
  add column waiting_code      text,           -- why a person is waited for, or what holds the run up
  add column waiting_detail    text,
  add column waiting_since     timestamptz,
  add column status_changed_at timestamptz not null default now(),
  add column plan_id           uuid,           -- the accepted plan
  add column suite_id          uuid,           -- the current acceptance suite
  add column head_revision_id  uuid,           -- the landed head
  add column delivered_revision_id uuid,
  add column delivery_partial  boolean not null default false,
  add column strict_policy     boolean not null default true,
  add column created_by        text not null default '',
  add constraint orchestra_runs_status_known check (status in
    ('planning', 'awaiting_director', 'executing', 'delivering', 'completed', 'failed', 'cancelled')),
  add constraint orchestra_runs_final_has_reason check
    ((status in ('completed', 'failed', 'cancelled')) = (stop_reason is not null));
create index orchestra_runs_open on orchestra_runs (id) where status in ('planning', 'awaiting_director', 'executing', 'delivering');
create index orchestra_runs_project on orchestra_runs (project_id);

create table run_transitions (
  from_status text not null, to_status text not null, primary key (from_status, to_status)
);
insert into run_transitions values
  ('planning', 'awaiting_director'), ('planning', 'executing'), ('planning', 'failed'), ('planning', 'cancelled'),
  ('awaiting_director', 'planning'), ('awaiting_director', 'executing'), ('awaiting_director', 'delivering'),
  ('awaiting_director', 'failed'), ('awaiting_director', 'cancelled'),
  ('executing', 'awaiting_director'), ('executing', 'delivering'), ('executing', 'failed'), ('executing', 'cancelled'),
  ('delivering', 'executing'), ('delivering', 'awaiting_director'), ('delivering', 'completed'),
  ('delivering', 'failed'), ('delivering', 'cancelled');
