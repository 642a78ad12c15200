-- Copied into each service's first migration. What a decision sends is written in the decision's own transaction, and who has taken
-- in which message is known in the consumer's own database, so that nothing rests on the broker's memory.
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
