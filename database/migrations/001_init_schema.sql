-- The founding schema. These six tables keep their names, columns and types for ever;
-- later migrations extend them and never remove or repurpose anything.

CREATE TABLE projects (
  id UUID PRIMARY KEY,
  name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT now()
);

CREATE TABLE orchestra_runs (
  id UUID PRIMARY KEY,
  project_id UUID REFERENCES projects(id),
  manager_id TEXT NOT NULL,
  status TEXT NOT NULL,
  confidence_score NUMERIC,
  started_at TIMESTAMP DEFAULT now(),
  finished_at TIMESTAMP
);

CREATE TABLE task_queue (
  id UUID PRIMARY KEY,
  run_id UUID REFERENCES orchestra_runs(id),
  assigned_agent TEXT,
  status TEXT NOT NULL,
  priority INT DEFAULT 0,
  created_at TIMESTAMP DEFAULT now(),
  completed_at TIMESTAMP
);

CREATE TABLE agent_activity_logs (
  id UUID PRIMARY KEY,
  agent_id TEXT NOT NULL,
  task_id UUID,
  message TEXT,
  severity TEXT,
  created_at TIMESTAMP DEFAULT now()
);

CREATE TABLE audit_events (
  id UUID PRIMARY KEY,
  source TEXT,
  severity TEXT,
  description TEXT,
  created_at TIMESTAMP DEFAULT now()
);

CREATE TABLE director_actions (
  id UUID PRIMARY KEY,
  director_id TEXT,
  action TEXT,
  target_id UUID,
  reason TEXT,
  created_at TIMESTAMP DEFAULT now()
);
