-- How often a recipient's durable was made (it goes with its broker), up to where in its stream nobody knows any more what was pulled before
-- that, and which was the newest record then: a withdrawal that was cut by it in two is carried out again.
create table delivery_opening (
  recipient text primary key,
  number bigint not null,
  doubtful_to bigint not null,
  records_to bigint not null
);

-- What was taken back is looked for, and taken back again, whenever a durable is made.
create index delivery_ended on delivery (recipient, stream_seq) where state <> 'sent';
