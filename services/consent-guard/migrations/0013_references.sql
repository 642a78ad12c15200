-- A reference is an office's: another office of its agency has its own. Until now there was one for an agency; it is kept for each office of
-- that agency that sent or got something in the case.
create table case_reference (
  case_id uuid not null references client_case (id),
  party text not null,
  reference text not null,
  primary key (case_id, party)
);
insert into case_reference (case_id, party, reference)
  select a.case_id, p.id, a.reference from case_agency a join party p on p.agency = a.agency
  where a.reference is not null
    and exists (select 1 from record r where r.case_id = a.case_id and p.id in (r.sender, r.recipient));
alter table case_agency drop column reference;

-- Short, random, the same on both sides, for the telephone (`short-reference.ts`).
alter table client_case add column short_reference text;
create function pg_temp.short_reference() returns text language plpgsql volatile as $$
declare
  letters constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  -- Its last seven bytes are random, all of them.
  bytes constant bytea := uuid_send(gen_random_uuid());
  body text := '';
  total integer := 0;
  code integer;
  value integer;
begin
  for i in 0..6 loop
    code := get_byte(bytes, 9 + i) % 32;
    value := code * (2 - i % 2);
    total := total + value / 32 + value % 32;
    body := body || substr(letters, code + 1, 1);
  end loop;
  return body || substr(letters, (32 - total % 32) % 32 + 1, 1);
end $$;
do $$ begin
  loop
    update client_case set short_reference = pg_temp.short_reference() where short_reference is null or id in (
      select id from (select id, row_number() over (partition by short_reference order by id) as n from client_case) drawn where n > 1);
    exit when not found;
  end loop;
end $$;
create unique index client_case_short_reference on client_case (short_reference);

-- A client's view that was released under two people of one agency holds that agency's part alone.
alter table client_view_release add column agency text;

-- What a party asked the guard to try for a client, without sending it: who, when, which type, and what was answered.
create table message_trial (
  id uuid primary key,
  party text not null,
  actor text not null,
  name text not null,
  addressed_to text not null,
  case_id uuid not null,
  verdict text not null,
  at timestamptz not null
);
create index message_trial_case on message_trial (case_id);
