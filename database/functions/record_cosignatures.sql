-- Keeps what witnesses put under checkpoints of the present generation; the Auditor has checked the signatures. The same again: done.
-- Raises AU001 for lists of different length. Refused: not_found (no such checkpoint).
create or replace function record_cosignatures(ctx jsonb, sizes bigint[], witnesses text[], lines text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  v_generation int;
  item record;
begin
  perform _enter(ctx, array['auditor']);
  if cardinality(sizes) is distinct from cardinality(witnesses) or cardinality(sizes) is distinct from cardinality(lines) then
    raise exception 'malformed items: lists of different length' using errcode = 'AU001';
  end if;
  select generation into v_generation from audit_log_state;
  insert into audit_cosignatures (generation, size, witness, line)
  select v_generation, i.size, i.witness, i.line
  from unnest(sizes, witnesses, lines) i (size, witness, line)
  join audit_checkpoints c on c.generation = v_generation and c.size = i.size
  on conflict do nothing;
  for item in select i.size, c.size is null as missing
              from unnest(sizes) with ordinality i (size, n)
              left join audit_checkpoints c on c.generation = v_generation and c.size = i.size order by i.n loop
    return next _outcome('record_cosignatures', 'checkpoint', null, case when item.missing then 'not_found' end, item.size::text);
  end loop;
end
$$;
revoke all on function record_cosignatures(jsonb, bigint[], text[], text[]) from public;
grant execute on function record_cosignatures(jsonb, bigint[], text[], text[]) to aura_auditor;
