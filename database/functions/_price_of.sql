-- The price that counts for a model at a time: the newest row of its exact name, else of the provider's '*'. Null: unknown.
create or replace function _price_of(p_provider text, p_model text, p_at timestamptz) returns model_prices language sql stable as $$
select m from model_prices m where m.provider = p_provider and m.model in (p_model, '*') and m.valid_from <= p_at
  order by m.model = p_model desc, m.valid_from desc limit 1
$$;
revoke all on function _price_of(text, text, timestamptz) from public;
