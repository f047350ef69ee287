-- Who may act: API keys of people and services, the roster of agents, the runtimes that host them.

create table api_keys (
  id          uuid primary key,
  name        text not null,
  role        text not null check (role in ('director', 'observer', 'service')),
  key_sha256  bytea not null unique check (octet_length(key_sha256) = 32),
  created_at  timestamptz not null default now(),
  expires_at  timestamptz,
  revoked_at  timestamptz
);

create table agents (
  id              uuid primary key,
  slug            text not null unique check (slug ~ '^[a-z][a-z0-9-]{1,39}$'),
  capabilities    text[] not null check (
                    cardinality(capabilities) > 0
                    and capabilities <@ array['requirements', 'plan', 'acceptance_tests', 'implement', 'review']),
  provider        text,   -- null: the run's, else the installation's
  model           text,
  mode            text not null default 'tools' check (mode in ('tools', 'json')),
  standing        text not null default 'active' check (standing in ('active', 'probation', 'suspended', 'retired')),
  max_concurrent  int not null default 1 check (max_concurrent between 1 and 16),
  created_at      timestamptz not null default now(),
  changed_at      timestamptz not null default now()
);

-- One row a process of agent-runtime. The token is shown in every agent verb; only its hash is kept.
create table agent_runtimes (
  id             uuid primary key,
  name           text not null,
  token_sha256   bytea not null unique check (octet_length(token_sha256) = 32),
  capacity       int not null default 1 check (capacity between 1 and 64),
  providers      text[] not null default '{}',   -- model providers it is configured for
  registered_at  timestamptz not null default now()
);

-- Which runtime hosts which agent now; written by the Manager.
create table agent_bindings (
  agent_id    uuid primary key references agents(id),
  runtime_id  uuid not null references agent_runtimes(id),
  bound_at    timestamptz not null default now()
);

-- Heartbeats decide nothing by themselves and are not audited.
create table runtime_heartbeats (
  runtime_id  uuid primary key references agent_runtimes(id),
  seen_at     timestamptz not null default now()
);
