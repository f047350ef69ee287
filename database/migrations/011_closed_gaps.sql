-- Where a run has no acceptance suite because tests judge nothing in it, its head is put before the Auditor once all the same.
create unique index verification_requests_untested_assembly_once on verification_requests
  (run_id, base_revision_id, retry) where kind = 'assembly' and suite_id is null;

-- Why an act of the Director was refused: a repeated request is answered with the row that is there.
alter table director_actions add column detail text;
drop function if exists _record_action(api_keys, uuid, text, uuid, text, jsonb, text, text);

-- Replies to repeated requests are forgotten after a day, oldest first.
create index idempotent_replies_age on idempotent_replies (created_at);

-- It gave a limit that nobody read: reserve_call holds a task to its budget. Made again without it.
drop function if exists accept_tasks(jsonb, text, int, int);
