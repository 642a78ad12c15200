-- The tree over the decisions (RFC 6962): one leaf a record, in an order without gaps that is given when the leaf is sealed. `sealed_through`:
-- every record up to this sequence has its leaf, and no transaction is under way that could still bring another.
create table evidence_tree (
  is_only_row boolean primary key default true check (is_only_row),
  size bigint not null default 0,
  edge bytea not null default '',
  sealed_through bigint not null default 0,
  checkpoint text
);
insert into evidence_tree default values;

-- `client`, `row_salt`: what retention takes away. `is_disclosure`: something of the message went out, so that it is kept longer.
create table leaf (
  idx bigint primary key,
  id uuid not null,
  ordinal smallint not null,
  entry bytea not null,
  row_salt bytea,
  client uuid,
  is_disclosure boolean not null,
  recorded_at timestamptz not null,
  unique (id, ordinal)
);
create index leaf_kept on leaf (is_disclosure, recorded_at) where row_salt is not null;
create index leaf_client on leaf (client) where client is not null;

-- Hashes of the tree's tiles (C2SP tlog-tiles); the last of each level grows.
create table tile (
  level smallint not null,
  n bigint not null,
  hashes bytea not null,
  primary key (level, n)
);

-- What ties a client to their leaves: a random key, destroyed when nothing of the client is kept any longer.
create table client_key (
  client uuid primary key,
  key bytea not null
);

-- What retention takes out of a record.
alter table record alter column digest drop not null, alter column salt drop not null;
