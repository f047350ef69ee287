-- SQL expression that gives column p_column of row alias p_row as the text that envelopes carry. Texts are bounded, because
-- an envelope has at most 65,535 bytes and no hostile text may keep an event from being written.
create or replace function _audit_text(p_table text, p_column text, p_row text) returns text language sql stable as $$
  select case
    when a.atttypid = 'bytea'::regtype then format('encode(%s.%I, ''hex'')', p_row, p_column)
    when a.atttypid = 'timestamptz'::regtype then format('_utc_text(%s.%I at time zone ''UTC'')', p_row, p_column)
    when a.atttypid = 'timestamp'::regtype then format('_utc_text(%s.%I)', p_row, p_column)
    when a.atttypid = 'text'::regtype then format('_short_text(%s.%I)', p_row, p_column)
    when a.attndims > 0 then format('_list_text(%s.%I::text[])', p_row, p_column)
    else format('%s.%I::text', p_row, p_column) end
  from pg_attribute a where a.attrelid = p_table::regclass and a.attname = p_column
$$;
revoke all on function _audit_text(text, text, text) from public;
