-- A partial delivery is attested as well, also where nobody judged the whole of it.
alter table attestations alter column verification_id drop not null;  -- the judgement that it speaks of; null: there was none

drop function if exists _attested_tree(bytea, text);  -- _attested_statement gives all of it
