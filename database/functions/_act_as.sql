-- Whom the events of this transaction name from here on.
create or replace function _act_as(p_kind text, p_id text, p_request_id text, p_action_id text) returns void language plpgsql as $$
begin
  perform set_config('aura.actor_kind', p_kind, true), set_config('aura.actor_id', p_id, true),
          set_config('aura.request_id', coalesce(p_request_id, ''), true), set_config('aura.action_id', coalesce(p_action_id, ''), true);
end $$;
revoke all on function _act_as(text, text, text, text) from public;
