-- Row trigger of runs and approvals: a status changes only along the table of moves named in the trigger's first argument;
-- a new row has the status of the second.
create or replace function refuse_illegal_moves() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  legal boolean;
begin
  if tg_op = 'INSERT' then
    legal := new.status = tg_argv[1];
  else
    execute format('select exists (select from %I where from_status = $1 and to_status = $2)', tg_argv[0])
      into legal using old.status, new.status;
  end if;
  if not legal then
    raise exception 'illegal move of % % to %', tg_table_name, new.id, new.status using errcode = 'AU002';
  end if;
  return new;
end $$;
revoke all on function refuse_illegal_moves() from public;
