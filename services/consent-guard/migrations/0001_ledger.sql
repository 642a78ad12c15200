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

-- Clients, as keyed hashes only. The NI number's hash is the way in; a client without one is known by a case.
create table client (
  id uuid primary key,
  nino text unique,
  date_of_birth text not null,
  surname text not null,
  key_version smallint not null,
  created_at timestamptz not null default now()
);

-- Case → client, and the agencies it is bound to, with each one's own reference.
create table client_case (
  id uuid primary key,
  client uuid not null references client (id)
);
create table case_agency (
  case_id uuid not null references client_case (id),
  agency text not null,
  reference text,
  primary key (case_id, agency)
);
create index case_agency_agency on case_agency (agency);

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

-- Decisions: one row each, denials too, committed before anything is delivered. Never content: a salted commitment to it.
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
  digest bytea not null,
  salt bytea not null,
  commitment bytea not null,
  recorded_at timestamptz not null,
  unique (id, ordinal)
);
create index record_case on record (case_id, seq);

-- Where each delivery lies in its stream, so that a withdrawal can take it out again by its sequence.
create table delivery (
  id uuid not null,
  recipient text not null,
  client uuid,
  root uuid not null,
  stream_seq bigint not null,
  state text not null default 'sent' check (state in ('sent', 'stopped', 'collected')),
  primary key (id, recipient)
);
create index delivery_client on delivery (client);

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

-- Withdrawals whose consequences are not all carried out yet: not confirmed to anyone before; taken up again after a crash.
create table open_withdrawal (
  id uuid primary key,
  client uuid not null,
  body jsonb not null,
  at timestamptz not null
);

-- Instances at work, to share the parties out among them.
create table guard_instance (
  id uuid primary key,
  seen_at timestamptz not null default now()
);
