-- By the administrator, idempotent: what the schema must look like, and when it was released. Owned by the administrator alone.
create schema if not exists guard;
revoke all on schema guard from public;
grant usage on schema guard to aura_owner, aura_manager, aura_auditor;

create table if not exists guard.schema_manifest (
  kind               text not null,
  identity           text not null,
  shape              text,           -- never changes again; null where only the definition counts
  definition_sha256  text not null,  -- changes in a release only
  primary key (kind, identity)
);

create table if not exists guard.schema_releases (
  id               bigint generated always as identity primary key,
  opened_at        timestamptz not null default clock_timestamp(),
  opened_by        text not null default session_user,
  backend_pid      int not null default pg_backend_pid(),
  backend_start    timestamptz not null,
  closed_at        timestamptz,
  sources_sha256   text,             -- hash of the files that were applied
  manifest_sha256  text
);
grant select on guard.schema_manifest, guard.schema_releases to aura_auditor;
