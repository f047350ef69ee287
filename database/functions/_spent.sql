-- What a run (or with p_task_id one task) has spent and reserved.
create or replace function _spent(p_run_id uuid, p_task_id uuid, out usd numeric, out tokens numeric) returns record language sql stable as $$
select coalesce(sum(coalesce(c.usd, c.reserved_usd)), 0),
         coalesce(sum(case c.status when 'settled' then c.input_tokens + c.output_tokens else c.reserved_tokens end), 0)
  from model_calls c where c.run_id = p_run_id and (p_task_id is null or c.task_id = p_task_id)
$$;
revoke all on function _spent(uuid, uuid) from public;
