-- A decision's entry in the tree is made with its record, and the leaf only says where in the tree it stands: sealing reads one column and writes
-- two numbers. What was sealed before keeps its entry, and the commitments that it was sealed with.
-- `is_disclosure`: something of the message went out, by this record or another, so that it is kept longer.
alter table record add column entry text, add column row_salt bytea, add column is_disclosure boolean;
update record r set entry = convert_from(l.entry, 'UTF8'), row_salt = l.row_salt, is_disclosure = l.is_disclosure
  from leaf l where l.id = r.id and l.ordinal = r.ordinal;

-- What was not sealed yet gets its entry here, as the guard makes them (`record-entry.ts`): canonical JSON, field by field in its order.
create function pg_temp.random_bytes() returns bytea language sql volatile as
  $$ select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) $$;
create function pg_temp.commit_to(parts text) returns text language sql immutable as
  $$ select encode(sha256(convert_to(parts, 'UTF8')), 'base64') $$;
create function pg_temp.quoted(value text) returns text language sql immutable as $$ select coalesce(to_json(value)::text, 'null') $$;
create function pg_temp.listed(ids uuid[]) returns text language sql immutable as
  $$ select '[' || coalesce((select string_agg('"' || id || '"', ',' order by n) from unnest(ids) with ordinality as i (id, n)), '') || ']' $$;
create function pg_temp.instant(at timestamptz) returns text language sql stable as
  $$ select to_char(date_trunc('milliseconds', at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

insert into client_key (client, key)
  select client, pg_temp.random_bytes() from (select distinct client from record where entry is null and client is not null) c on conflict do nothing;
update record set row_salt = substring(pg_temp.random_bytes() for 16),
  is_disclosure = exists (select 1 from record d where d.id = record.id and d.verdict in ('cleared', 'cleared-in-part')) where entry is null;
update record r set entry = '{"client":"'
    || pg_temp.commit_to(encode(coalesce((select key from client_key k where k.client = r.client), pg_temp.random_bytes()), 'hex') || r.id || '/' || r.ordinal)
    || '","consents":' || case when r.verdict = 'refused' then '[]' else pg_temp.listed(r.consents) end
    || ',"id":"' || r.id || '","message":"' || encode(r.commitment, 'base64') || '","ordinal":' || r.ordinal
    || coalesce(',"reason":' || to_json(r.reason)::text, '') || coalesce(',"recipient":' || to_json(r.recipient)::text, '')
    || ',"recordedAt":"' || pg_temp.instant(r.recorded_at) || '","row":"'
    || pg_temp.commit_to(encode(r.row_salt, 'hex')
      || '{"actor":' || pg_temp.quoted(r.actor) || ',"case":' || pg_temp.quoted(r.case_id::text) || ',"cause":' || pg_temp.quoted(r.cause::text)
      || ',"client":' || pg_temp.quoted(r.client::text) || ',"consents":' || pg_temp.listed(r.consents) || ',"detail":' || pg_temp.quoted(r.detail)
      || ',"facts":{'
      || coalesce((select string_agg(to_json(key)::text || ':' || value::text, ',' order by key collate "C") from jsonb_each(r.facts)), '')
      || '},"field":' || pg_temp.quoted(r.field) || ',"inner":' || pg_temp.quoted(r.inner_reason)
      || ',"recipientAgency":' || pg_temp.quoted(r.recipient_agency) || ',"recipientKind":' || pg_temp.quoted(r.recipient_kind)
      || ',"senderAgency":' || pg_temp.quoted(r.sender_agency) || ',"senderKind":' || pg_temp.quoted(r.sender_kind)
      || ',"time":"' || pg_temp.instant(r.time) || '"}')
    || '","sender":' || to_json(r.sender)::text || ',"to":' || to_json(r.addressed_to)::text || ',"type":"throughcare.' || r.name
    || '.v1","v":1,"verdict":"' || r.verdict || '"}'
  where entry is null;

alter table record alter column entry set not null, alter column is_disclosure set not null, drop column commitment;
create index record_kept on record (is_disclosure, recorded_at) where salt is not null;
create index record_client on record (client) where client is not null;

alter table leaf rename to leaf_before;
create table leaf (
  idx bigint primary key,
  record bigint not null unique
);
insert into leaf (idx, record) select l.idx, r.seq from leaf_before l join record r on r.id = l.id and r.ordinal = l.ordinal;
drop table leaf_before;
