-- The tables that data.yaml asks for, with invented people (SQLite). PINs are not here:
-- their hashes depend on the service's pepper, see `ivrflow secret hash`.

create table if not exists customer (
  id       integer primary key,
  card     text not null unique check (length(card) = 16),
  id_card  text not null check (length(id_card) = 18),
  name     text not null,
  segment  text not null check (segment in ('standard', 'gold')),
  state    text not null default 'active' check (state in ('active', 'lost')),
  pin_hash text
);

create table if not exists account (
  customer    integer primary key references customer (id),
  available   numeric not null,   -- yuan
  last_amount numeric not null,
  last_at     text not null       -- 2026-02-27
);

create table if not exists card_loss (
  id       integer primary key,
  customer integer not null references customer (id),
  reported text not null default current_date,
  call     text not null
);

create table if not exists transfer (
  id       integer primary key,
  customer integer not null references customer (id),
  amount   numeric not null check (amount > 0),
  due      text not null,
  call     text not null
);

-- Card numbers end in a Luhn digit, ID cards in the check sign of GB 11643.
insert or ignore into customer (id, card, id_card, name, segment, state) values
  (1, '6222001234567813', '110101199003071233', '赵敏',       'standard', 'active'),
  (2, '6222009876543208', '330106198506124569', '钱学文',     'gold',     'active'),
  (3, '6222005555111127', '310104200112030213', 'Emma Stone', 'standard', 'active'),
  (4, '6222004100277657', '330106197812303309', '孙丽',       'gold',     'lost');

insert or ignore into account (customer, available, last_amount, last_at) values
  (1, 10234.56,  8500.00, '2026-02-27'),
  (2, 506000.00, 120.50,  '2026-03-01'),
  (3, 0.00,      45.00,   '2026-02-11');

insert or ignore into card_loss (id, customer, reported, call) values
  (100417, 4, '2026-02-20', 'demo');
