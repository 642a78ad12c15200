-- The schedule of record. Redis holds timers only: whatever is lost there is made again from here.

-- What was followed of EVENTS: dates and outcomes of a case, never identity. The schedule is a function of these.
create table followed_event (
  id text not null,
  verdict text not null check (verdict in ('cleared', 'stopped')),
  seq bigint not null,
  case_id text not null,
  name text not null,
  sender text not null,
  recipient text not null,
  cause text,
  facts jsonb not null,
  recorded_at timestamptz not null,
  primary key (id, verdict)
);
create index followed_event_case on followed_event (case_id);

create table reminder (
  -- Random: also the timer's id, which stands in Redis in clear and tells nothing.
  reminder uuid primary key,
  case_id text not null,
  party text not null,
  kind text not null,
  anchor text not null,
  anchor_on date not null,
  every_weeks integer not null,
  repeats boolean not null,
  occurrence integer not null check (occurrence >= 1),
  due_on date not null,
  -- In mesh time, as all instants here.
  remind_at timestamptz not null,
  state text not null default 'scheduled' check (state in ('scheduled', 'due', 'done', 'cancelled', 'superseded')),
  put_out_at timestamptz,
  unique (anchor, kind, occurrence)
);
create index reminder_case on reminder (case_id);
create index reminder_to_come on reminder (remind_at) where state = 'scheduled';

-- As libs/outbox/outbox.sql: what a decision sends is written in the decision's own transaction.
create table outbox (
  position bigint generated always as identity primary key,
  id text not null unique,
  body bytea not null,
  created_at timestamptz not null default now()
);
