-- Withdrawals as they were made; what they did to each line is in consent_line.
create table withdrawal (
  id uuid primary key,
  client uuid not null,
  by_party text not null,
  form text not null,
  keep text[] not null,
  how text not null,
  taken_by text not null,
  withdrawn_at timestamptz not null,
  recorded_at timestamptz not null
);
create index withdrawal_client on withdrawal (client);

-- The lineage: what each decision of the client did to each line of disclosure. The current state is `scope`; this is how it came about.
create table consent_line (
  decision_id uuid not null,
  client uuid not null,
  from_agency text not null,
  to_agency text not null,
  purpose text not null,
  decision text not null,
  outcome text not null check (outcome in ('stands', 'merged', 'not-changed', 'kept')),
  before uuid,
  recorded_at timestamptz not null,
  primary key (decision_id, from_agency, to_agency, purpose)
);
create index consent_line_client on consent_line (client, recorded_at);
