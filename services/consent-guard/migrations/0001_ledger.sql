-- The directory: who exists, for which agency. Put by the operator over the road; `body` is the form as it was put.
create table party (
  id text primary key,
  kind text not null,
  agency text not null,
  active boolean not null,
  body jsonb not null
);
create table person (
  id text primary key,
  party text not null,
  active boolean not null,
  body jsonb not null
);

-- Grows with every change, so that an instance knows when the directory it holds is stale.
create table directory_version (version bigint not null);
insert into directory_version values (0);

-- Local sharing agreements, as the operator put them: warned of before they lapse, asked about by the operator, read by no decision.
create table agreement (
  one text not null references party (id),
  other text not null references party (id),
  body jsonb not null,
  primary key (one, other)
);

-- Clients, as keyed hashes only. `identity`: of NI number, date of birth and surname together, by which a client is found, so that a number alone
-- tells nothing and settles nothing; empty where there is no number. `is_second`: who learnt their number late, when another client had the same
-- identity by then; the two stay two, and the other is found by it. The same number with another date of birth or surname is another client.
create table client (
  id uuid primary key,
  identity text,
  nino text,
  date_of_birth text not null,
  surname text not null,
  key_version smallint not null,
  is_second boolean not null default false,
  created_at timestamptz not null default now()
);
create unique index client_identity on client (identity) where not is_second;
create index client_nino on client (nino);
-- What still needs an older version of the key is found without reading everything.
create index client_key_version on client (key_version);

-- Case → client, and the agencies it is bound to, with each office's own reference. `short_reference`: random, the same on both sides, for the
-- telephone (`short-reference.ts`).
create table client_case (
  id uuid primary key,
  client uuid not null references client (id),
  short_reference text
);
create index client_case_client on client_case (client);
create unique index client_case_short_reference on client_case (short_reference);
create table case_agency (
  case_id uuid not null references client_case (id),
  agency text not null,
  primary key (case_id, agency)
);
create index case_agency_agency on case_agency (agency);
create table case_reference (
  case_id uuid not null references client_case (id),
  party text not null,
  reference text not null,
  primary key (case_id, party)
);

-- Every consent as it was taken (sealed), and the state of each line of disclosure: one indexed read per client.
create table consent (
  id uuid primary key,
  client uuid not null,
  taker text not null,
  form text not null,
  decision text not null,
  body bytea not null,
  recorded_at timestamptz not null default now()
);
create index consent_client on consent (client);
create index consent_seal on consent ((get_byte(body, 0) * 256 + get_byte(body, 1)));
create table scope (
  client uuid not null,
  from_agency text not null,
  to_agency text not null,
  purpose text not null,
  decision text not null,
  excluded text[] not null,
  valid_from timestamptz not null,
  valid_until timestamptz not null,
  decided_at timestamptz not null,
  consent_id uuid not null,
  form text not null,
  primary key (client, from_agency, to_agency, purpose)
);
-- Withdrawals as they were made, and what each decision of the client did to each line: how the current state came about.
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

-- Decisions: one row each, denials too. Never content: salted commitments to it, in its entry of the evidence. `digest`, `salt`, `row_salt`: what
-- retention takes away. `is_disclosure`: something of the message went out, by this record or another, so that it is kept longer.
create table record (
  seq bigint generated always as identity primary key,
  id uuid not null,
  ordinal smallint not null,
  name text not null,
  sender text not null,
  sender_kind text not null,
  sender_agency text not null,
  addressed_to text not null,
  recipient text,
  recipient_kind text,
  recipient_agency text,
  case_id uuid,
  client uuid,
  actor text,
  time timestamptz not null,
  facts jsonb not null,
  cause uuid,
  consents uuid[] not null,
  inner_reason text,
  verdict text not null,
  reason text,
  field text,
  detail text,
  digest bytea,
  salt bytea,
  recorded_at timestamptz not null,
  entry text not null,
  row_salt bytea,
  is_disclosure boolean not null,
  unique (id, ordinal)
);
create index record_case on record (case_id, seq);
create index record_kept on record (is_disclosure, recorded_at) where salt is not null;
create index record_client on record (client) where client is not null;

-- What was cleared to a party, from the commit of its decision on. `open`: it waits, or is in hand until `hand_until`. `given`: how often it was;
-- never: its recipient has not had it. `collected`: a withdrawal came when the recipient had had it. `pulled`: a limit did; what was told then, stays.
-- `lapses_at`: when the first of the consents it rests on ends, by the mesh's clock; not given by then, it is stopped.
-- `case_id`: within a case nothing is given while an earlier one is in hand. `put_at` and `hand_until` are the database's own time.
create table delivery (
  place bigint generated always as identity primary key,
  id uuid not null,
  recipient text not null,
  client uuid,
  case_id uuid,
  root uuid not null,
  told text[] not null,
  withheld text[] not null,
  size integer not null,
  put_at timestamptz not null default clock_timestamp(),
  state text not null default 'open' check (state in ('open', 'done', 'stopped', 'collected', 'pulled')),
  given integer not null default 0,
  take uuid,
  hand_until timestamptz,
  lapses_at timestamptz,
  unique (id, recipient)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index delivery_inbox on delivery (recipient, place) where state = 'open';
create index delivery_case on delivery (case_id, recipient);
create index delivery_client on delivery (client);
create index delivery_lapse on delivery (lapses_at) where state = 'open';

-- Its sealed body, by its place, while it is open. Apart: where the state changes the body must not be written again.
create table delivery_body (
  id bigint primary key,
  body bytea not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table delivery_body alter column body set storage external;

-- What is told to those who follow the mesh's decisions: a record each, numbered once it is committed, so that nobody passes over one that
-- is committed late. `directory`: a party or person as it was put.
create table event (
  id bigint generated always as identity primary key,
  record bigint not null,
  directory jsonb,
  number bigint unique
);
create index event_fresh on event (id) where number is null;
create index event_record on event (record);

-- How far each party's stream was read and committed, in the reading that is the newest: the fence against a second guard.
create table ingress_place (
  party text primary key,
  epoch bigint not null,
  seq bigint not null
);

-- Messages that wait for a route, and messages that could not be worked: sealed payloads.
create table held (
  id uuid primary key,
  client uuid not null,
  body bytea not null,
  expires_at timestamptz not null
);
create table dead_letter (
  id uuid primary key,
  party text not null,
  message uuid,
  code text not null,
  field text,
  detail text not null,
  body bytea,
  at timestamptz not null,
  redriven_at timestamptz
);

-- What was released to the operator's tool: each page once, in order. `agency`: of a view that was released under two people of one agency, which
-- holds that agency's part alone.
create table client_view_release (
  id uuid primary key,
  request uuid not null unique,
  client uuid not null,
  released_at timestamptz not null,
  next_page integer not null default 0,
  agency text
);

-- What a party asked the guard to try for a client, without sending it: who, when, which type, and what was answered.
create table message_trial (
  id uuid primary key,
  party text not null,
  actor text not null,
  name text not null,
  addressed_to text not null,
  case_id uuid not null,
  verdict text not null,
  at timestamptz not null
);
create index message_trial_case on message_trial (case_id);

-- The tree over the decisions (RFC 6962): one leaf a record, in an order without gaps that is given when the leaf is sealed. `sealed_through`:
-- every record up to this sequence has its leaf, and no transaction is under way that could still bring another.
create table evidence_tree (
  is_only_row boolean primary key default true check (is_only_row),
  size bigint not null default 0,
  edge bytea not null default '',
  sealed_through bigint not null default 0,
  checkpoint text
);
insert into evidence_tree default values;
create table leaf (
  idx bigint primary key,
  record bigint not null unique
);
-- Hashes of the tree's tiles (C2SP tlog-tiles); the last of each level grows.
create table tile (
  level smallint not null,
  n bigint not null,
  hashes bytea not null,
  primary key (level, n)
);
-- What ties a client to their leaves: a random key, destroyed when nothing of the client is kept any longer.
create table client_key (
  client uuid primary key,
  key bytea not null
);

-- The version of the guard's key that all instances write with. It moves forward under an exclusive lock; every commit checks it under the shared one.
create table key_state (
  is_only_row boolean primary key default true check (is_only_row),
  writing smallint
);
insert into key_state (writing) values (null);
-- Which versions each instance knows: a version is written with only when all at work know it.
create table key_holder (
  instance uuid primary key,
  versions smallint[] not null,
  seen_at timestamptz not null
);
