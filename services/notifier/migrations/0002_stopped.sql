-- A mail whose client withdrew before it was handed over.
alter table mail drop constraint mail_state_check;
alter table mail add constraint mail_state_check check (state in ('held', 'prepared', 'unknown', 'accepted', 'failed', 'stopped'));

-- Notices that were stopped before they had been taken in.
create table stopped_notice (
  notice uuid primary key,
  stopped_at timestamptz not null default now()
);
