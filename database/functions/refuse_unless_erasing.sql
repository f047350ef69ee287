-- Trigger of audit_payloads and blobs: the only change is to erase the bytes, or to store those of a blob again; what commits to
-- them stays. Recorded, by an event each; payloads that go to the archive by the event of their segment.
create or replace function refuse_unless_erasing() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  erased jsonb := case tg_table_name when 'blobs' then '{"body": null}' else '{"payload": null, "salt": null}' end;
  is_back constant boolean := tg_table_name = 'blobs' and to_jsonb(new)->>'body' is not null and to_jsonb(old) || erased = to_jsonb(old) and to_jsonb(new) || erased = to_jsonb(old);
begin
  if to_jsonb(new) is distinct from to_jsonb(old) || erased and not is_back then
    raise exception 'change of % is refused: bytes may only be erased', tg_table_name using errcode = 'AU003';
  end if;
  if tg_table_name = 'audit_payloads' and current_setting('aura.verb', true) = 'archive_payloads' and session_user = 'aura_auditor' then
    return new;
  end if;
  perform _record_event(case when is_back then 'blob.restored' else 'payload.erased' end, 'warning', case when is_back then 'blob restored' else 'payload erased' end,
    tg_table_name, coalesce(to_jsonb(old)->>'event_id', ltrim(to_jsonb(old)->>'sha256', '\x')), null, null);
  return new;
end $$;
revoke all on function refuse_unless_erasing() from public;
