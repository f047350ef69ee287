-- Which verb, or act of the Director, moves tasks from here on in this transaction: the moves are checked against it.
create or replace function _in_verb(p_verb text) returns void language plpgsql as $$
begin
  perform set_config('aura.verb', coalesce(p_verb, ''), true);
end $$;
revoke all on function _in_verb(text) from public;
