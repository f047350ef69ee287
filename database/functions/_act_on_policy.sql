-- set_policy {key, value}: a further version of a policy that there is, in force for what is decided from now on; the earlier
-- ones stay on record. A value of another kind than its rule reads is refused. Null, or code and detail.
create or replace function _act_on_policy(args jsonb) returns text[] language plpgsql as $$
declare
  now_in_force policies;
  wanted constant text := btrim(args->>'value');
  words text[];
begin
  lock table policies in share row exclusive mode;  -- two versions at once follow one another
  select * into now_in_force from policies p where p.key = args->>'key' order by p.version desc limit 1;
  if now_in_force.key is null then return array['not_found', 'there is no such policy']; end if;
  words := case
    when now_in_force.key like 'questions.%' then array['block', 'assume']
    when now_in_force.key like 'approval.%.%' then array['ask', 'allow']
    when now_in_force.key = 'dependencies.mode' then array['checked', 'listed', 'none']
    when now_in_force.key in ('verification.survivors', 'verification.survivors.replay') then array['return_once', 'report']
    when now_in_force.key = 'budget.exhausted' then array['stop']
  end;
  if wanted is null or length(wanted) > 10000 then return array['validation_failed', 'a value has at most 10000 characters']; end if;
  if wanted <> all (words) then return array['validation_failed', 'the value is one of ' || array_to_string(words, ', ')]; end if;
  if words is null and now_in_force.value ~ '^[0-9.]+$' and wanted !~ '^[0-9]{1,9}(\.[0-9]{1,6})?$' then
    return array['validation_failed', 'the value is a number'];
  end if;
  if now_in_force.key = 'dependencies.listed' and wanted !~ '^((npm|pypi):\S+(\s+|$))*$' then
    return array['validation_failed', 'the value is a list of npm:NAME and pypi:NAME, separated by blanks'];
  end if;
  if now_in_force.key = 'dependencies.licences' and wanted !~ '^[A-Za-z0-9.+-]+(\s+[A-Za-z0-9.+-]+)*$' then
    return array['validation_failed', 'the value is a list of SPDX identifiers, separated by blanks'];
  end if;
  insert into policies (key, version, value, description)
  values (now_in_force.key, now_in_force.version + 1, wanted, now_in_force.description);
  return null;
end
$$;
revoke all on function _act_on_policy(jsonb) from public;
