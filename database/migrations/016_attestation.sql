-- What the Auditor signs about delivered software, for people who have neither this system nor its log.

-- Public halves of the keys that sign attestations; they sign nothing else, and the log says when each came.
create table attestation_keys (
  id            text primary key check (id ~ '^[0-9a-f]{8}$'),
  verifier_key  text not null unique check (length(verifier_key) <= 400),
  created_at    timestamptz not null default clock_timestamp()
);

-- One a delivered run, written once. The statements and the bill of materials are blobs; the event carries their hashes.
create table attestations (
  id                 uuid primary key,
  run_id             uuid not null unique references orchestra_runs (id),
  revision_id        uuid not null references revisions (id),
  verification_id    uuid not null references verifications (id),   -- the accepted assembly that it speaks of
  tree_sha256        bytea not null references blobs (sha256),
  provenance_sha256  bytea not null references blobs (sha256),      -- DSSE envelope of a SLSA provenance
  test_result_sha256 bytea not null references blobs (sha256),      -- DSSE envelope of an in-toto test result
  sbom_sha256        bytea not null references blobs (sha256),      -- CycloneDX
  verifier_key       text not null references attestation_keys (verifier_key),
  created_at         timestamptz not null default clock_timestamp()
);

insert into governed_tables
  (table_name, subject_type, key_columns, run_expression, task_expression, status_column, born_with_status, audited_columns, silent_columns)
values
  ('attestation_keys', 'attestation_key', '{id}', null, null, null, false, '{verifier_key}', '{}'),
  ('attestations', 'attestation', '{id}', 'r.run_id', null, null, false,
   '{run_id,revision_id,verification_id,tree_sha256,provenance_sha256,test_result_sha256,sbom_sha256,verifier_key}', '{}');

insert into event_type_roles (event_type, role_name) values ('attestation.failed', 'aura_auditor');
