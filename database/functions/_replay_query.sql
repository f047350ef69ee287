-- The statement that compares one governed table with the log; $1 is the most rows it gives.
create or replace function _replay_query(g governed_tables) returns text language sql stable as $$
select format($q$
    with said as (
      select e.subject_id, e.event_type, right(e.id::text, 12) n, convert_from(e.env, 'UTF8')::jsonb env from audit_events e
      where e.subject_type = %1$L and e.event_type like %2$L),
    alive as (
      select distinct on (subject_id) subject_id, event_type not like '%%.deleted' is_there from said order by subject_id, n desc),
    logged as (
      select distinct on (s.subject_id, c.key) s.subject_id, c.key, c.value from said s, jsonb_each_text(s.env->'set') c
      order by s.subject_id, c.key, s.n desc),
    rows as (
      select %3$s subject_id, %4$s vals from %5$I r),
    kept as (
      select subject_id, c.key, c.value from rows, jsonb_each_text(vals) c)
    select %6$L::text, coalesce(a.subject_id, r.subject_id), '*'::text,
           case when a.is_there then 'a row' else 'no row' end, case when r.subject_id is null then 'no row' else 'a row' end
    from alive a full join rows r on r.subject_id = a.subject_id
    where coalesce(a.is_there, false) <> (r.subject_id is not null)
    union all
    select %6$L::text, coalesce(l.subject_id, k.subject_id), coalesce(l.key, k.key), l.value, k.value
    from (select l.* from logged l join alive a on a.subject_id = l.subject_id and a.is_there join rows r on r.subject_id = l.subject_id) l
    full join (select k.* from kept k join alive a on a.subject_id = k.subject_id and a.is_there) k on k.subject_id = l.subject_id and k.key = l.key
    where l.value is distinct from k.value
    limit $1$q$,
    g.subject_type, g.subject_type || '.%',
    (select string_agg(_audit_text(g.table_name, k, 'r'), ' || '':'' || ' order by n) from unnest(g.key_columns) with ordinality u (k, n)),
    coalesce('jsonb_build_object(' || (select string_agg(format('%L, %s', c, _audit_text(g.table_name, c, 'r')), ', ') from unnest(g.audited_columns) c) || ')', '''{}''::jsonb'),
    g.table_name, g.table_name)
$$;
revoke all on function _replay_query(governed_tables) from public;
