-- Whether requirements (with the hashes of their contents) and dispositions are exactly those of a verified
-- RequirementsProduct. A block that a requirement cites is a `requirement`, whatever the product's own list says of it.
create or replace function _is_understood(p_product jsonb, p_requirements jsonb, p_dispositions jsonb) returns boolean language sql stable as $$
select p_product is not null
  and jsonb_array_length(_items(p_requirements)) = jsonb_array_length(_items(p_product->'requirements'))
  and not exists (
    select from jsonb_array_elements(_items(p_product->'requirements')) said
    where not exists (
      select from jsonb_array_elements(_items(p_requirements)) r
      where r->>'key' = said->>'id' and r->>'kind' = said->>'kind' and r->>'priority' = said->>'priority'
        and r->>'verification_method' = said->>'verification_method' and r->'block_ids' = said->'block_ids'
        and _json(decode(r->>'content_sha256', 'hex')) = said))
  and not exists (
    select from jsonb_array_elements(_items(p_dispositions)) d
    where not case when exists (select from jsonb_array_elements(_items(p_product->'requirements')) said where said->'block_ids' ? (d->>'block_id'))
      then d->>'disposition' = 'requirement'
      else exists (select from jsonb_array_elements(_items(p_product->'dispositions')) said
                   where said->>'block_id' = d->>'block_id' and said->>'disposition' = d->>'disposition') end)
$$;
revoke all on function _is_understood(jsonb, jsonb, jsonb) from public;
