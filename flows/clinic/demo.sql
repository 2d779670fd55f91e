-- The tables that data.yaml asks for, with invented patients (SQLite).

create table if not exists patient (
  id      integer primary key,
  id_card text not null unique check (length(id_card) = 18),
  name    text not null,
  born    text not null
);

create table if not exists visit (
  id         integer primary key,
  department text not null check (department in ('general', 'children', 'dental')),
  doctor     text not null,
  room       integer not null,
  day        text not null,
  at         text not null,
  fee        numeric not null,
  patient    integer references patient (id)
);

create table if not exists booking (
  id      integer primary key,
  visit   integer not null,
  patient integer not null,
  phone   text,
  call    text not null
);

create table if not exists cancellation (
  id      integer primary key,
  visit   integer not null,
  patient integer not null,
  call    text not null
);

insert or ignore into patient (id, id_card, name, born) values
  (1, '110101199003071233', '叶青',       '1990-03-07'),
  (2, '310104200112030213', 'Laura Klein', '2001-12-03'),
  (3, '110101199912310422', '贺小梅',     '1999-12-31');

insert or ignore into visit (id, department, doctor, room, day, at, fee, patient) values
  (501, 'general',  '宋医生',   203, '2026-03-03', '08:30', 25.00, null),
  (502, 'general',  '宋医生',   203, '2026-03-03', '14:00', 25.00, null),
  (503, 'general',  'Dr. Hart', 207, '2026-03-04', '09:15', 60.00, null),
  (504, 'children', '蔡医生',   105, '2026-03-03', '10:00', 25.00, null),
  (505, 'dental',   '潘医生',   311, '2026-03-05', '15:30', 80.00, 3);
