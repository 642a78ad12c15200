-- A job centre keeps what it got under a DPA1 (record-on-lms), and hands it to its own record system.

alter table message drop constraint message_erased_because_check;
alter table message add constraint message_erased_because_check
  check (erased_because in ('stop-using', 'no-trace', 'no-dpa1', 'time'));

-- A case of a job centre of which something was kept. The mesh is asked again and again whether the DPA1 stands.
create table record_case (
  office text not null,
  case_id uuid not null,
  -- The newest answer of the mesh.
  is_current boolean not null default false,
  -- The record system has, or may have, something of it. Set before the first try.
  was_handed boolean not null default false,
  ask_at timestamptz not null default now(),
  primary key (office, case_id)
);
create index record_case_ask on record_case (ask_at);

-- The outbox to the record system, written with the message. It holds no content: an entry is made from the kept message when it goes.
create table record_item (
  -- The order within a case: an item goes only when the one before it went.
  id bigint generated always as identity primary key,
  -- What the record system knows it by, the same on each try.
  delivery uuid not null default gen_random_uuid(),
  office text not null,
  case_id uuid not null,
  kind text not null check (kind in ('entry', 'erasure')),
  -- Of an entry: the message. Of an erasure: the one message, or null for all of the case.
  message_id uuid,
  queued_at timestamptz not null default now(),
  attempts int not null default 0,
  next_at timestamptz not null default now(),
  -- Why it waits: one of a few words, never a text of the other side.
  trouble text,
  constraint entry_of_message check (kind = 'erasure' or message_id is not null)
);
create index record_item_case on record_item (office, case_id, id);
create index record_item_next on record_item (next_at);
