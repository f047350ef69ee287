-- What every installation starts with. Applied at each migrate: adds what is missing, changes nothing that is there.
select _act_as('migration', 'bootstrap', null, null);

insert into system_state default values on conflict do nothing;

-- A key is `<rule>.<oversight>` where it depends on the oversight, `<rule>.<provider>` where it depends on the provider; `.lenient` applies instead while strict policy is off.
insert into policies (key, version, value, description) values
  ('questions.locked',               1, 'block',  'An open question of the analyst waits for the Director.'),
  ('questions.supervised',           1, 'block',  'An open question of the analyst waits for the Director.'),
  ('questions.supervised.lenient',   1, 'assume', 'The analyst goes on with the assumption it wrote down; the report shows it.'),
  ('questions.autonomous',           1, 'assume', 'The analyst goes on with the assumption it wrote down; the report shows it.'),
  ('approval.plan.locked',           1, 'ask',    'The Director decides on every plan.'),
  ('approval.plan.supervised',       1, 'ask',    'The Director decides on every plan.'),
  ('approval.landing.locked',        1, 'ask',    'The Director decides on every change before it lands.'),
  ('approval.delivery.locked',       1, 'ask',    'The Director decides on the delivery.'),
  ('approval.delivery.supervised',   1, 'ask',    'The Director decides on the delivery.'),
  ('approval.plan.autonomous',       1, 'allow',  'A plan that passed its checks is approved by policy.'),
  ('approval.landing.autonomous',    1, 'allow',  'A change that the Auditor accepted lands without asking.'),
  ('approval.delivery.autonomous',   1, 'allow',  'A revision whose assembly was accepted is delivered without asking.'),
  ('approval.hours',                 1, '72',     'Hours until an approval expires and is issued again under the same digest.'),
  ('budget.exhausted',               1, 'stop',   'A call that does not fit into the budget is not made; the task waits for set_budget.'),
  ('task.failures_max',              1, '3',      'Charged failures of a task before the Director is asked.'),
  ('task.deaths_max',                1, '3',      'Leases of a task that may run out before the Director is asked.'),
  ('task.provider_retries_max',      1, '3',      'Attempts that a failing model provider may end before the Director is asked.'),
  ('verification.retries_max',       1, '2',      'Times that a submission is judged again after an environment failure or without a conclusion.'),
  ('repair.rounds_max',              1, '2',      'Rounds of repair after a failed assembly before the Director is asked.'),
  ('verification.survivors',         1, 'return_once', 'What no test noticed in an accepted product goes back to a test author once (return_once), or only into the report (report).'),
  ('verification.survivors.replay',  1, 'report', 'The same for runs of the provider replay: recordings hold no reply for it.'),
  ('dependencies.mode',              1, 'checked', 'checked: packages that pass every check may be installed. listed: only those on dependencies.listed. none: none.'),
  ('dependencies.listed',            1, '',       'Packages that a person has looked at (npm:NAME or pypi:NAME, separated by blanks): age, licence, likeness and scripts are not checked again.'),
  ('dependencies.licences',          1, 'MIT MIT-0 ISC 0BSD BSD-2-Clause BSD-3-Clause Apache-2.0 BlueOak-1.0.0 CC0-1.0 CC-BY-3.0 CC-BY-4.0 Unlicense Zlib Python-2.0 PSF-2.0 MPL-2.0',
                                                  'Licences (SPDX) that packages may have.'),
  ('dependencies.version_age_days',  1, '7',      'Days that a version must have been published: most poisoned ones are found and withdrawn sooner.'),
  ('dependencies.package_age_days',  1, '90',     'Days since the first version of a package that a plan names: invented names are registered by others later.'),
  ('hr.probation_below',             1, '0.5',    'An agent whose verified rate is surely below this (95 %) is put on probation; surely above it ends that.'),
  ('hr.suspend_below',               1, '0.2',    'An agent on probation whose verified rate is surely below this is suspended, while another can do its work.')
on conflict do nothing;

insert into agents (id, slug, capabilities) values
  ('00000000-0000-8000-8000-00000000a001', 'analyst', '{requirements}'),
  ('00000000-0000-8000-8000-00000000a002', 'architect', '{plan}'),
  ('00000000-0000-8000-8000-00000000a003', 'tester-1', '{acceptance_tests}'),
  ('00000000-0000-8000-8000-00000000a004', 'tester-2', '{acceptance_tests}'),
  ('00000000-0000-8000-8000-00000000a005', 'developer-1', '{implement}'),
  ('00000000-0000-8000-8000-00000000a006', 'developer-2', '{implement}'),
  ('00000000-0000-8000-8000-00000000a007', 'reviewer', '{review}')
on conflict do nothing;

-- USD for a million tokens. AURA_MODEL_PRICES adds and overrides; a newer row counts. A model that is not listed stops
-- the call with unknown_price, so that nothing is spent unawares.
insert into model_prices (provider, model, input_usd, output_usd, source, valid_from) values
  ('replay', '*',            0,    0,    'recorded replies cost nothing',                       '2025-01-01T00:00:00Z'),
  ('ollama', '*',            0,    0,    'models on hardware of one''s own are priced at zero', '2025-01-01T00:00:00Z'),
  ('gemini', 'gemini-2.5-pro',        1.25, 10,   'ai.google.dev/gemini-api/docs/pricing, prompts to 200,000 tokens, as of 2025-07-01', '2025-07-01T00:00:00Z'),
  ('gemini', 'gemini-2.5-flash',      0.30, 2.50, 'ai.google.dev/gemini-api/docs/pricing, as of 2025-07-01', '2025-07-01T00:00:00Z'),
  ('gemini', 'gemini-2.5-flash-lite', 0.10, 0.40, 'ai.google.dev/gemini-api/docs/pricing, as of 2025-07-01', '2025-07-01T00:00:00Z'),
  ('openai', 'gpt-5',        1.25, 10,   'openai.com/api/pricing, as of 2025-08-07',            '2025-08-07T00:00:00Z'),
  ('openai', 'gpt-5-mini',   0.25, 2,    'openai.com/api/pricing, as of 2025-08-07',            '2025-08-07T00:00:00Z'),
  ('openai', 'gpt-5-nano',   0.05, 0.40, 'openai.com/api/pricing, as of 2025-08-07',            '2025-08-07T00:00:00Z'),
  ('openai', 'gpt-4.1',      2,    8,    'openai.com/api/pricing, as of 2025-04-14',            '2025-04-14T00:00:00Z'),
  ('openai', 'gpt-4.1-mini', 0.40, 1.60, 'openai.com/api/pricing, as of 2025-04-14',            '2025-04-14T00:00:00Z'),
  ('openai', 'gpt-4.1-nano', 0.10, 0.40, 'openai.com/api/pricing, as of 2025-04-14',            '2025-04-14T00:00:00Z'),
  ('openai', 'gpt-4o',       2.50, 10,   'openai.com/api/pricing, as of 2024-10-02',            '2025-01-01T00:00:00Z'),
  ('openai', 'gpt-4o-mini',  0.15, 0.60, 'openai.com/api/pricing, as of 2024-07-18',            '2025-01-01T00:00:00Z'),
  ('openai', 'o3',           2,    8,    'openai.com/api/pricing, as of 2025-06-10',            '2025-06-10T00:00:00Z'),
  ('openai', 'o4-mini',      1.10, 4.40, 'openai.com/api/pricing, as of 2025-04-16',            '2025-04-16T00:00:00Z')
on conflict do nothing;
