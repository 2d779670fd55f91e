-- The tables that data.yaml asks for, with invented parcels (SQLite).

create table if not exists courier (
  id    integer primary key,
  name  text not null,
  phone text not null unique
);

create table if not exists parcel (
  number      text primary key check (length(number) = 12),  -- ends in a Luhn digit
  receiver    text not null,
  sender      text not null,
  state       text not null,
  due         text not null,
  locker_code text,
  courier     text not null
);

create table if not exists redelivery (
  id     integer primary key,
  parcel text not null,
  day    text not null,
  call   text not null
);

create table if not exists scan (
  id      integer primary key,
  at      text not null default current_timestamp,
  courier integer not null,
  parcel  text not null,
  state   text not null,
  call_step text unique
);

insert or ignore into courier (id, name, phone) values
  (1, '马超', '13900139001'),
  (2, '罗小燕', '13900139002');

insert or ignore into parcel (number, receiver, sender, state, due, locker_code, courier) values
  ('710000123459', '13800138001', '新华书店',   'out_for_delivery', '2026-03-02', null,     '13900139001'),
  ('710000123467', '13800138001', 'Tea House',  'in_locker',        '2026-03-01', '482913', '13900139002'),
  ('710000123475', '13800138001', '北山乐器行', 'travelling',       '2026-03-05', null,     '13900139001'),
  ('710000123483', '13800138002', '云上茶庄',   'sorting',          '2026-03-04', null,     '13900139002');
