-- Trigger: what it is on never happens, whoever asks.
create or replace function refuse_change() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  raise exception '% of % is refused: its rows are kept for ever', lower(tg_op), tg_table_name using errcode = 'AU003';
end $$;
revoke all on function refuse_change() from public;
