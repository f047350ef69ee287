-- Folds what the events say (their signed bytes) into the rows of every governed table and names where row and log disagree:
-- somebody changed a row without the triggers, or the log. For one row the order of its changes is the counter at the end of
-- the event's id.
create or replace function replay_mismatches(
  p_limit int
) returns table (table_name text, subject_id text, column_name text, expected text, actual text)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  g governed_tables;
  found_rows int := 0;
begin
  for g in select * from governed_tables order by table_name loop
    return query execute _replay_query(g) using p_limit - found_rows;
    get diagnostics found_rows = row_count;
    p_limit := p_limit - found_rows;
    found_rows := 0;
    exit when p_limit <= 0;
  end loop;
end
$$;
revoke all on function replay_mismatches(int) from public;
grant execute on function replay_mismatches(int) to aura_auditor;
