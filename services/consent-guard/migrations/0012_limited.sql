-- `pulled`: the recipient had it before the client limited the consent; what it was told then, it keeps.
alter table delivery drop constraint delivery_state_check,
  add constraint delivery_state_check check (state in ('sent', 'stopped', 'collected', 'pulled'));

-- The record's number alone tells what is doubtful: a broker that loses count begins its sequence anew.
alter table delivery_opening drop column doubtful_to;
