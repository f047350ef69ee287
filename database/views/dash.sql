-- What observers see: the schema `dash` is the published contract for Grafana, BI and psql.
create schema if not exists dash;

create or replace view dash.runs as
select r.id as run_id, p.name as project, r.title, r.status, r.stop_reason, r.oversight, r.provider, r.model, r.waiting_code, r.waiting_since,
       r.paused_at, r.started_at, r.finished_at, r.confidence_score, r.usd_limit, r.tokens_limit,
       (select count(*) from task_queue t where t.run_id = r.id) as tasks,
       (select count(*) from task_queue t where t.run_id = r.id and t.status = 'verified') as tasks_verified,
       (select coalesce(sum(coalesce(c.usd, c.reserved_usd)), 0) from model_calls c where c.run_id = r.id) as usd_spent,
       r.waiting_detail, r.status_changed_at,
       (select coalesce(sum(coalesce(c.input_tokens + c.output_tokens, c.reserved_tokens)), 0) from model_calls c where c.run_id = r.id) as tokens_spent,
       r.status in ('planning', 'awaiting_director', 'executing', 'delivering') as is_open
from orchestra_runs r left join projects p on p.id = r.project_id;

create or replace view dash.tasks as
select t.id as task_id, t.run_id, t.key, t.kind, t.title, t.status, a.slug as agent, t.attempt, t.failures, t.deaths, t.overridden, t.waiting_code,
       t.return_code, t.priority, t.created_at, t.status_changed_at, t.completed_at, t.waiting_detail, r.title as run_title
from task_queue t left join agents a on a.id::text = t.assigned_agent left join orchestra_runs r on r.id = t.run_id;

create or replace view dash.agents as
select a.id as agent_id, a.slug, a.capabilities, a.provider, a.model, a.standing, r.name as runtime, h.seen_at as runtime_seen_at,
       (select count(*) from task_queue t where t.assigned_agent = a.id::text and t.status in ('assigned', 'running')) as tasks_held,
       (select count(*) from task_attempts p where p.agent_id = a.id) as attempts,
       (select count(*) from task_attempts p where p.agent_id = a.id and p.charged) as attempts_charged
from agents a left join agent_bindings b on b.agent_id = a.id left join agent_runtimes r on r.id = b.runtime_id
left join runtime_heartbeats h on h.runtime_id = b.runtime_id;

create or replace view dash.approvals as
select a.id as approval_id, a.run_id, a.kind, a.status, encode(a.digest, 'hex') as digest, a.question, a.expires_at, a.decided_at, d.director_id as decided_by, a.used_at, a.created_at, r.title as run_title
from approvals a left join director_actions d on d.id = a.decided_by left join orchestra_runs r on r.id = a.run_id;

create or replace view dash.events as
select l.seq, e.id as event_id, e.created_at, e.event_type, e.severity, e.source, e.actor_kind, e.actor_id, e.run_id, e.task_id, e.subject_type, e.subject_id, e.description, coalesce(a.slug, u.name, k.name, e.actor_id) as actor
from audit_events e left join audit_leaves l on l.event_id = e.id
left join agents a on e.actor_kind = 'agent' and a.id::text = e.actor_id left join agent_runtimes u on e.actor_kind = 'runtime' and u.id::text = e.actor_id
left join api_keys k on e.event_type = 'object.read' and k.id::text = e.actor_id;

create or replace view dash.attempts as
select p.task_id, p.attempt, t.run_id, r.title as run_title, t.key as task, t.kind, a.slug as agent, u.name as runtime, p.accepted_at, p.ended_at, p.outcome,
       p.outcome_code, p.outcome_detail, p.charged, p.self_confidence,
       extract(epoch from p.ended_at - p.accepted_at) * 1000 as duration_ms
from task_attempts p join task_queue t on t.id = p.task_id join agents a on a.id = p.agent_id
left join agent_runtimes u on u.id = p.runtime_id left join orchestra_runs r on r.id = t.run_id;

create or replace view dash.verifications as
select v.id as verification_id, v.run_id, r.title as run_title, q.kind, t.key as task, v.attempt, v.outcome, v.sandbox_level, v.auditor,
       q.created_at as requested_at, v.created_at, extract(epoch from v.created_at - q.created_at) * 1000 as duration_ms,
       (select count(*) from test_results x where x.verification_id = v.id) as tests,
       (select count(*) from test_results x where x.verification_id = v.id and x.outcome = 'pass') as tests_passed,
       (select count(*) from evidence e where e.verification_id = v.id) as evidence
from verifications v join verification_requests q on q.id = v.request_id
left join task_queue t on t.id = v.task_id left join orchestra_runs r on r.id = v.run_id;

create or replace view dash.verdicts as
select d.verification_id, d.requirement_id, v.run_id, r.title as run_title, q.key as requirement, q.priority, d.verdict, d.tests_passed, d.tests_total, v.created_at
from verdicts d join verifications v on v.id = d.verification_id join requirements q on q.id = d.requirement_id
left join orchestra_runs r on r.id = v.run_id;

create or replace view dash.model_calls as
select c.id as model_call_id, c.run_id, r.title as run_title, t.key as task, a.slug as agent, c.provider, c.model, c.status, c.outcome,
       coalesce(c.input_tokens + c.output_tokens, c.reserved_tokens) as tokens, coalesce(c.usd, c.reserved_usd) as usd, c.duration_ms, c.created_at
from model_calls c left join task_queue t on t.id = c.task_id left join orchestra_runs r on r.id = c.run_id
left join task_attempts p on p.task_id = c.task_id and p.attempt = c.attempt left join agents a on a.id = p.agent_id;

create or replace view dash.revisions as
select v.id as revision_id, v.run_id, r.title as run_title, v.number, t.key as task, a.slug as agent, v.message, v.created_at
from revisions v left join task_queue t on t.id = v.task_id left join agents a on a.id = v.agent_id left join orchestra_runs r on r.id = v.run_id;

create or replace view dash.director_actions as
select a.id as action_id, a.action, a.target_id, a.reason, a.director_id, k.name as key_name, a.outcome, a.code, a.created_at
from director_actions a left join api_keys k on k.id = a.key_id;

create or replace view dash.policy_decisions as
select d.id as decision_id, d.run_id, r.title as run_title, d.policy_key, d.policy_version, p.value as policy_value, d.decision, d.subject, d.reason, d.created_at
from policy_decisions d left join policies p on p.key = d.policy_key and p.version = d.policy_version left join orchestra_runs r on r.id = d.run_id;

create or replace view dash.leases as
select 'task' as kind, t.key as subject, t.run_id, a.slug as holder, l.expires_at
from task_leases l join task_queue t on t.id = l.task_id left join agents a on a.id::text = t.assigned_agent
union all
select 'verification', q.kind, q.run_id, l.holder, l.expires_at
from verification_leases l join verification_requests q on q.id = l.request_id;

create or replace view dash.sandbox_jobs as
select j.id as job_id, j.run_id, r.title as run_title, t.key as task, j.number, j.command, j.status, j.created_at, j.finished_at,
       extract(epoch from j.finished_at - j.created_at) * 1000 as duration_ms
from sandbox_jobs j left join task_queue t on t.id = j.task_id left join orchestra_runs r on r.id = j.run_id;

create or replace view dash.test_disputes as
select d.id as dispute_id, d.run_id, r.title as run_title, t.key as task, d.attempt, d.test_id, d.basis, d.ruling, d.ruled_at, d.created_at
from test_disputes d left join task_queue t on t.id = d.task_id left join orchestra_runs r on r.id = d.run_id;

-- One row: how far the log is numbered, sealed and witnessed, and whether anything may be assigned.
create or replace view dash.system as
select s.size as events_numbered, e.created_at as numbered_until,
       (select count(*) from audit_events n where s.last_event_id is null or n.id > s.last_event_id) as events_waiting,
       case when y.stopped_at is null then 'released' else 'stopped' end as state, (y.stopped_at is not null)::integer as stopped, y.stopped_at,
       coalesce(c.size, 0) as events_sealed, c.signed_at as sealed_at, w.cosigned_at,
       coalesce(extract(epoch from (now() at time zone 'UTC') - u.created_at), 0) as unsealed_s
from audit_log_state s cross join system_state y left join audit_events e on e.id = s.last_event_id
left join lateral (select k.size, k.signed_at from audit_checkpoints k order by k.size desc limit 1) c on true
left join lateral (select max(k.cosigned_at) as cosigned_at from audit_cosignatures k where k.generation = s.generation) w on true
left join audit_leaves l on l.seq = coalesce(c.size, 0) left join audit_events u on u.id = l.event_id;

create or replace view dash.requirements as
select q.id as requirement_id, q.run_id, r.title as run_title, q.key as requirement, q.priority, q.verification_method, q.inspection_verdict, q.override_verdict,
       q.set_aside_by is not null as is_set_aside, q.created_at,
       q.verification_method = 'inspection' and q.inspection_verdict is null and q.set_aside_by is null
         and r.status in ('planning', 'awaiting_director', 'executing', 'delivering') as awaits_inspection
from requirements q join orchestra_runs r on r.id = q.run_id;
