-- Folds what the events say (their signed bytes) into the rows of every governed table and names where row and log disagree:
-- somebody changed a row without the triggers, or the log. For one row the order of its changes is the counter at the end of
-- the event's id. At most p_limit rows a table, so that no table hides another. The blocks of a PRD are compared with the
-- document whose hash the log carries.
create or replace function replay_mismatches(
  p_limit int
) returns table (table_name text, subject_id text, column_name text, expected text, actual text)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  g governed_tables;
begin
  for g in select * from governed_tables order by table_name loop
    return query execute _replay_query(g) using p_limit;
  end loop;
  return query
    select 'prd_blocks', p.id::text, '*', 'the blocks that blocks_sha256 is of', 'other blocks'
    from prds p where _json(p.blocks_sha256) <> (
      select coalesce(jsonb_agg(jsonb_build_object('block_id', b.block_id, 'position', b.position, 'kind', b.kind, 'headings', b.headings, 'body', b.body) order by b.position), '[]')
      from prd_blocks b where b.prd_id = p.id)
    limit p_limit;
end
$$;
revoke all on function replay_mismatches(int) from public;
grant execute on function replay_mismatches(int) to aura_auditor;
