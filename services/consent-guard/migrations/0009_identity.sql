-- A client is found by NI number, date of birth and surname together: one keyed hash, so that a number alone tells nothing and settles nothing.
-- Empty: no NI number; or recorded before there was this hash, and not shown since. `is_second`: who learnt their number late, when another
-- client had the same identity by then; the two stay two, and the other is found by it.
alter table client add column identity text, add column is_second boolean not null default false;
create unique index client_identity on client (identity) where not is_second;

-- The same number with another date of birth or surname is another client. Looked up within the sender's own agency, and counted.
alter table client drop constraint client_nino_key;
create index client_nino on client (nino);
