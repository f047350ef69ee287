-- What observers see: the schema `dash` is the published contract for Grafana, BI and psql.
create schema if not exists dash;

create or replace view dash.runs as
select r.id as run_id, p.name as project, r.title, r.status, r.stop_reason, r.oversight, r.provider, r.model, r.waiting_code, r.waiting_since,
       r.paused_at, r.started_at, r.finished_at, r.confidence_score, r.usd_limit, r.tokens_limit,
       (select count(*) from task_queue t where t.run_id = r.id) as tasks,
       (select count(*) from task_queue t where t.run_id = r.id and t.status = 'verified') as tasks_verified,
       (select coalesce(sum(coalesce(c.usd, c.reserved_usd)), 0) from model_calls c where c.run_id = r.id) as usd_spent
from orchestra_runs r left join projects p on p.id = r.project_id;

create or replace view dash.tasks as
select t.id as task_id, t.run_id, t.key, t.kind, t.title, t.status, a.slug as agent, t.attempt, t.failures, t.deaths, t.overridden, t.waiting_code,
       t.return_code, t.priority, t.created_at, t.status_changed_at, t.completed_at
from task_queue t left join agents a on a.id::text = t.assigned_agent;

create or replace view dash.agents as
select a.id as agent_id, a.slug, a.capabilities, a.provider, a.model, a.standing, r.name as runtime, h.seen_at as runtime_seen_at,
       (select count(*) from task_queue t where t.assigned_agent = a.id::text and t.status in ('assigned', 'running')) as tasks_held,
       (select count(*) from task_attempts p where p.agent_id = a.id) as attempts,
       (select count(*) from task_attempts p where p.agent_id = a.id and p.charged) as attempts_charged
from agents a left join agent_bindings b on b.agent_id = a.id left join agent_runtimes r on r.id = b.runtime_id
left join runtime_heartbeats h on h.runtime_id = b.runtime_id;

create or replace view dash.approvals as
select a.id as approval_id, a.run_id, a.kind, a.status, encode(a.digest, 'hex') as digest, a.question, a.expires_at, a.decided_at, d.director_id as decided_by, a.used_at, a.created_at
from approvals a left join director_actions d on d.id = a.decided_by;

create or replace view dash.events as
select l.seq, e.id as event_id, e.created_at, e.event_type, e.severity, e.source, e.actor_kind, e.actor_id, e.run_id, e.task_id, e.subject_type, e.subject_id, e.description
from audit_events e left join audit_leaves l on l.event_id = e.id;
