-- Which kinds of information went with a delivery, and which were left out: for the client's own view. Never the information itself.
alter table delivery add column told text[] not null default '{}', add column withheld text[] not null default '{}';

-- What was released to the operator's tool: each page once, in order.
create table client_view_release (
  id uuid primary key,
  request uuid not null unique,
  client uuid not null,
  released_at timestamptz not null,
  next_page integer not null default 0
);
