-- What a step is about: the message that it began with, its type, the consent to seek or renew.
alter table steps add column root text;
update steps set root = cause;
alter table steps alter column root set not null;
alter table steps add column about text;
alter table steps add column form text;

-- Up to when a case was told by the clock; null = told by a release before this one, and so told anew by the sweep.
alter table cases add column read_at timestamptz;
create index cases_unread on cases (id) where read_at is null;

-- What parties wait for. is_told = the sweep has made it late, and said so.
create table waits (
  case_id text not null references cases,
  cause text not null,
  party text not null,
  answer text not null,
  who text not null,
  actor text,
  counterpart text not null,
  about text not null,
  since timestamptz not null,
  due_on date not null,
  lapses_at timestamptz not null,
  has_lapsed boolean not null,
  is_told boolean not null default false,
  primary key (case_id, cause, party)
);
create index waits_party on waits (party, due_on);
create index waits_lapse on waits (lapses_at) where not is_told;

-- How a case stands at each office: ended (how) or open, since when.
create table case_parts (
  party text not null,
  case_id text not null references cases,
  agency text not null,
  ending text,
  since timestamptz not null,
  primary key (party, case_id)
);
create index case_parts_case on case_parts (case_id);

-- Steps that were not done though the team leader knew: for figures. No case, no step is named; id is a digest of both.
create table past_leader (
  id text primary key,
  party text not null,
  since date not null
);
create index past_leader_since on past_leader (since);

-- From which day on a person is not in office, by which message; is_told = the heirs of their steps know.
create table absences (
  person text not null,
  from_day date not null,
  until_day date,
  cause text not null,
  is_told boolean not null default false,
  primary key (person, from_day)
);
create index absences_untold on absences (from_day) where not is_told;
create index steps_actor on steps (actor) where actor is not null;

-- A mail about several cases is of none.
alter table notices alter column case_id drop not null;
