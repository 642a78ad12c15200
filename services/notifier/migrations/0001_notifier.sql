-- The notifier's record. Nothing here reads as clear text of a notice: mails are ciphertext for their reader, held notices ciphertext
-- for the notifier's own key, and both go when they have served.

create table person (
  person text primary key,
  address text not null,
  -- Armored public key, where one was found fit; else why the one given was refused.
  public_key text,
  fingerprint text,
  key_refusal text,
  -- Time of the message that put it: an older one that comes late changes nothing.
  put_at timestamptz not null
);

create table mail (
  notice uuid primary key,
  cause uuid not null,
  kind text not null,
  person text not null,
  state text not null check (state in ('held', 'prepared', 'unknown', 'accepted', 'failed')),
  reason text,
  attempts integer not null default 0,
  unknowns integer not null default 0,
  last_reply text,
  queue_id text,
  -- Fixed for the notice, whoever sends and how often.
  message_id text not null unique,
  envelope_id text not null unique,
  held_notice bytea,
  recipient text,
  encryption_key_id text,
  sealed bytea,
  sealed_sha256 bytea,
  prepared_at timestamptz,
  due_at timestamptz,
  -- Mesh time; the others are the database's own: they pace the relay, which knows no mesh time.
  changed_at timestamptz not null,
  constraint held_is_locked_up check ((state = 'held') = (held_notice is not null)),
  constraint due_is_sealed check ((state in ('prepared', 'unknown')) = (sealed is not null))
);
create index mail_due on mail (due_at) where state in ('prepared', 'unknown');
create index mail_held on mail (person) where state = 'held';

-- One row while somebody is sending the mail: found by another, it tells how far a lost worker had come.
create table mail_attempt (
  notice uuid primary key references mail (notice),
  phase text not null check (phase in ('opening', 'body')),
  started_at timestamptz not null default now()
);

-- As libs/outbox/outbox.sql has it.
create table outbox (
  position bigint generated always as identity primary key,
  id text not null unique,
  body bytea not null,
  created_at timestamptz not null default now()
);

create table seen_message (
  id text primary key,
  seen_at timestamptz not null default now()
);
create index seen_message_seen_at on seen_message (seen_at);
