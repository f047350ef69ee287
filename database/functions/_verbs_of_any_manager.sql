-- The one list of what aura_manager may execute without leading. Every other verb of that login begins with _enter_leader.
-- A request of a person, or of a program with a key, is one transaction that the database puts in order with all others,
-- so it does not matter which Manager carries it: its key decides. The rest stores bytes by their hash, or votes.
create or replace function _verbs_of_any_manager() returns text[] language sql immutable parallel safe as $$
  select array['authenticate_key', 'begin_idempotent', 'finish_idempotent', 'create_project', 'create_run', 'take_director_action',
               'put_blobs', 'ddl_guard_status', 'claim_leadership', 'record_reads']
$$;
revoke all on function _verbs_of_any_manager() from public;
