-- The digest that an approval binds, whoever names it: a plan's own, else SHA-256 over the RFC 8785 text of what it is about
-- and the hash of the document shown. Null where there is no such plan in this run.
create or replace function _approval_digest(p_run_id uuid, p_kind text, p_subject_id uuid, p_content_sha256 bytea) returns bytea language sql stable as $$
select case p_kind
    when 'plan' then (select _plan_digest(p.run_id, p.content_sha256) from plans p where p.id = p_subject_id and p.run_id = p_run_id)
    else sha256(convert_to(format('{"content_sha256":"%s","kind":"%s","subject_id":%s}',
      encode(p_content_sha256, 'hex'), p_kind, coalesce(to_json(p_subject_id)::text, 'null')), 'UTF8'))
  end
$$;
revoke all on function _approval_digest(uuid, text, uuid, bytea) from public;
