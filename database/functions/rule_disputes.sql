-- Ends disputes: upheld (the test stands) or replaced. Only by what a verified task of another author said, which the Manager
-- copies. Refused: not_found, illegal_transition (ruled before otherwise), verification_missing (the judging task is not verified).
create or replace function rule_disputes(ctx jsonb, dispute_ids uuid[], rulings text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(dispute_ids, cardinality(rulings));
  perform from test_disputes where id = any (dispute_ids) order by id for no key update;
  select array_agg(case
      when d.id is null then 'not_found'
      when d.ruling is not null and d.ruling <> i.ruling then 'illegal_transition'
      when d.dispute_task_id is not null and not exists (select from task_queue t where t.id = d.dispute_task_id and t.status = 'verified') then 'verification_missing'
    end order by i.n)
  into codes from unnest(dispute_ids, rulings) with ordinality i (id, ruling, n) left join test_disputes d on d.id = i.id;
  update test_disputes d set ruling = i.ruling, ruled_at = now()
  from unnest(dispute_ids, rulings, codes) i (id, ruling, code) where d.id = i.id and i.code is null and d.ruling is null;
  return query select * from _outcomes('rule_disputes', 'dispute', dispute_ids, codes);
end
$$;
revoke all on function rule_disputes(jsonb, uuid[], text[]) from public;
grant execute on function rule_disputes(jsonb, uuid[], text[]) to aura_manager;
