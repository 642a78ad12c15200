-- Cases as their events tell them: envelopes, dates and outcomes. Nothing about a client stands in this database.

create table cases (
  id text primary key,
  provider text,
  in_treatment boolean not null default false
);
create index cases_provider on cases (provider) where in_treatment;

-- Every event taken in, once. What has no case of its own (a reminder) has the case of its cause; where that is not known yet it waits.
create table records (
  id text not null,
  verdict text not null,
  seq bigint not null,
  case_id text references cases,
  cause text,
  event jsonb not null,
  primary key (id, verdict)
);
create index records_case on records (case_id);
create index records_waiting on records (cause) where case_id is null and cause is not null;

-- Who holds a case, since when. The person is looked up on the day it matters.
create table case_people (
  case_id text not null references cases,
  party text not null,
  person text not null,
  since date not null,
  seq bigint not null,
  primary key (case_id, party, seq)
);
create index case_people_person on case_people (person);

-- Open steps; a step that is closed goes. told = how many levels know that it is overdue; next_after = the day after which the next does.
create table steps (
  case_id text not null references cases,
  cause text not null,
  step text not null,
  party text not null,
  who text not null,
  actor text,
  other text,
  opened_at timestamptz not null,
  due_on date not null,
  told smallint not null default 0,
  next_after date,
  primary key (case_id, cause, step, party)
);
create index steps_party on steps (party, due_on);
create index steps_next on steps (next_after) where next_after is not null;

-- Notices put out: each once. told = everybody that this mail, and those it is about, were for.
create table notices (
  id text primary key,
  case_id text not null references cases,
  person text not null,
  told text[] not null
);

create table directory_parties (
  party text primary key,
  agency text not null,
  seq bigint not null,
  put jsonb not null
);
create index directory_parties_agency on directory_parties (agency);

create table directory_people (
  person text primary key,
  party text not null,
  seq bigint not null,
  put jsonb not null
);
create index directory_people_party on directory_people (party);

-- libs/outbox/outbox.sql
create table outbox (
  position bigint generated always as identity primary key,
  id text not null unique,
  body bytea not null,
  created_at timestamptz not null default now()
);
