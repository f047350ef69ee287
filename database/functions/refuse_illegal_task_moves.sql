-- Trigger: only the moves of task_transitions, for a service only those of the verb it executes (see _in_verb); and
-- assigned_agent only with an assignment or its withdrawal.
create or replace function refuse_illegal_task_moves() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set enable_nestloop = off set enable_hashjoin = on set enable_seqscan = on set jit = off as $$
declare
  bad record;
  by_verb constant text := case when session_user in ('aura_manager', 'aura_agent', 'aura_auditor') then coalesce(current_setting('aura.verb', true), '') end;
begin
  if tg_op = 'INSERT' then
    select n.id, 'nothing' as "from", n.status as "to" into bad from new_rows n
    where n.status not in ('blocked', 'ready') or n.assigned_agent is not null limit 1;
  else
    select n.id, o.status as "from", n.status as "to" into bad from new_rows n join old_rows o on o.id = n.id
    left join (select distinct from_status, to_status from task_transitions m where by_verb is null or m.verb = by_verb) t
      on t.from_status = o.status and t.to_status = n.status
    where (n.status <> o.status and t.from_status is null)
       or (n.assigned_agent is distinct from o.assigned_agent
           and not (o.status = 'ready' and n.status = 'assigned')
           and not (o.status = 'assigned' and n.status = 'ready' and n.assigned_agent is null)) limit 1;
  end if;
  if found then
    raise exception 'illegal move of task % from % to % by %', bad.id, bad."from", bad."to", coalesce(nullif(by_verb, ''), 'no verb') using errcode = 'AU002';
  end if;
  return null;
end $$;
revoke all on function refuse_illegal_task_moves() from public;
