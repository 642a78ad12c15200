-- Received messages that could not be kept. The mesh gives each again in a minute; one that is not seen any more was kept, stopped, or is in hand elsewhere.
create table unread (
  office text not null,
  id text not null,
  first_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  primary key (office, id)
);
