-- The model that a run asks of a provider: the one at the provider's place in the comma-separated lists, the last one where
-- there are fewer models than providers.
create or replace function _model_of(p_provider text, p_providers text, p_models text) returns text
  language sql immutable as $$
select l.models[least(coalesce(array_position(l.providers, p_provider), 1), cardinality(l.models))]
from (select string_to_array(replace(p_providers, ' ', ''), ',') as providers, string_to_array(replace(p_models, ' ', ''), ',') as models) l
$$;
revoke all on function _model_of(text, text, text) from public;
