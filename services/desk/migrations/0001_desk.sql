-- What one agency's desk keeps. Content of forms is sealed with the agency's key (AES-256-GCM); nothing else here says who a client is.

-- Messages received and sent, under the id that the mesh knows them by. Between two offices of the agency each has its own copy.
create table message (
  id uuid not null,
  office text not null,
  case_id uuid not null,
  direction text not null check (direction in ('received', 'sent')),
  type text not null,
  -- The other party, or mesh.
  other text not null,
  actor text,
  -- Mesh time.
  at timestamptz not null,
  sealed bytea,
  -- Why there is no content any more; null while there is.
  erased_because text check (erased_because in ('stop-using', 'no-trace', 'time')),
  erased_at timestamptz,
  -- Of a sent one: the answer of the mesh, null until there was one; then the whole problem, where it was refused.
  answer text check (answer in ('decided', 'accepted', 'refused')),
  problem jsonb,
  kept_at timestamptz not null default now(),
  primary key (id, office),
  constraint content_or_reason check ((sealed is null) = (erased_because is not null)),
  constraint problem_of_refused check ((answer is not distinct from 'refused') = (problem is not null))
);
create index message_case on message (case_id, at);
create index message_unanswered on message (kept_at) where direction = 'sent' and answer is null;

-- A sign-in that is under way or done. The cookie holds the id alone, and only its SHA-256 is kept here.
create table session (
  id bytea primary key,
  -- Until the person is known: what the provider's answer is held against, sealed.
  asked bytea,
  person text,
  office text,
  csrf text not null,
  access_token bytea,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  checked_at timestamptz not null default now()
);

-- What a person had written and not sent. Bound to its author; an address of its own.
create table draft (
  id uuid primary key,
  person text not null,
  kind text not null,
  sealed bytea not null,
  written_at timestamptz not null default now()
);

-- Who looked at what. A page of a case is not served before its row is here.
create table viewing (
  id bigint generated always as identity primary key,
  person text not null,
  office text not null,
  case_id uuid not null,
  page text not null,
  at timestamptz not null default now()
);
create index viewing_case on viewing (case_id, at);
