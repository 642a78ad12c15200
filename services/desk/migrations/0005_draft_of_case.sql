-- The case that a draft is about, where there is one: what was written about it goes when the client takes the case's forms back.
alter table draft add column case_id uuid;
create index draft_case on draft (case_id) where case_id is not null;
