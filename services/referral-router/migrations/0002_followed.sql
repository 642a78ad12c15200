-- How far EVENTS was followed: written with what each event changed, so that a successor goes on in the stream's order.
create table followed (
  stream text primary key,
  seq bigint not null
);
