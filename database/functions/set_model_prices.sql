-- Prices in USD for a million tokens: {provider, model, input_usd, output_usd, source}. A row only where the newest differs.
-- Returns how many were written.
create or replace function set_model_prices(ctx jsonb, prices jsonb) returns int
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  written int;
begin
  perform _enter_leader(ctx);
  insert into model_prices (provider, model, input_usd, output_usd, source, valid_from)
  select p.provider, p.model, p.input_usd, p.output_usd, p.source, clock_timestamp()
  from jsonb_to_recordset(_items(prices)) p (provider text, model text, input_usd numeric, output_usd numeric, source text)
  where not exists (
    select from (select m.input_usd, m.output_usd from model_prices m where m.provider = p.provider and m.model = p.model order by m.valid_from desc limit 1) newest
    where newest.input_usd = p.input_usd and newest.output_usd = p.output_usd);
  get diagnostics written = row_count;
  return written;
end
$$;
revoke all on function set_model_prices(jsonb, jsonb) from public;
grant execute on function set_model_prices(jsonb, jsonb) to aura_manager;
