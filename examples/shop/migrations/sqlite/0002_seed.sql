-- Something to look at on the first start. The README and the tests know these ids.

INSERT INTO users (user_id, name, email, age, status, roles, metadata, nickname, utc_offset_minutes, version, created_at, updated_at)
VALUES
    ('7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 'Ada Lovelace', 'ada@shop.example', 36, 1, '["admin","customer"]', '{"tier":"gold"}', 'Ada', 0, 1, 1767225600000000, 1767225600000000),
    ('7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002', 'Grace Hopper', 'grace@shop.example', 85, 1, '["customer"]', '{}', NULL, -300, 1, 1767225601000000, 1767225601000000),
    ('7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003', 'Mallory Malone', 'mallory@shop.example', 40, 3, '["customer"]', '{"reason":"chargeback"}', NULL, 60, 2, 1767225602000000, 1767312000000000);

INSERT INTO products (product_id, name, price_minor, weight_grams, stock)
VALUES
    ('keyboard', 'Mechanical keyboard', 8950, 980, 100000),
    ('mouse', 'Optical mouse', 2499, 110, 100000),
    ('monitor', '27-inch monitor', 31900, 5400, 10000),
    ('cable', 'USB-C cable, 2 m', 999, 60, 1000000),
    ('teapot', 'Teapot, the last one', 4180, 1200, 1);

INSERT INTO orders (seq, order_id, user_id, status, currency_code, total_minor, version, created_at, updated_at, labels, delivery_seconds, note)
VALUES
    (1, '3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 4, 'EUR', 11449, 4, 1767225700000000, 1767571200000000, '{"channel":"web"}', 259200, NULL),
    (2, '3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b002', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 2, 'EUR', 33898, 2, 1767312000000000, 1767312300000000, '{"channel":"web","gift":"yes"}', 259200, 'Ring twice'),
    (3, '3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b003', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002', 1, 'EUR', 2997, 1, 1767398400000000, 1767398400000000, '{}', 259200, NULL);

INSERT INTO order_items (order_seq, position, product_id, name, quantity, price_minor, weight_grams)
VALUES
    (1, 0, 'keyboard', 'Mechanical keyboard', 1, 8950, 980),
    (1, 1, 'mouse', 'Optical mouse', 1, 2499, 110),
    (2, 0, 'monitor', '27-inch monitor', 1, 31900, 5400),
    (2, 1, 'cable', 'USB-C cable, 2 m', 2, 999, 60),
    (3, 0, 'cable', 'USB-C cable, 2 m', 3, 999, 60);

INSERT INTO order_updates (order_id, user_id, previous_status, status, version, occurred_at, revenue_delta_minor)
VALUES
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 0, 1, 1, 1767225700000000, 0),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 1, 2, 2, 1767225800000000, 11449),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 2, 3, 3, 1767312000000000, 0),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b002', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 0, 1, 1, 1767312000000000, 0),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b002', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 1, 2, 2, 1767312300000000, 33898),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b003', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002', 0, 1, 1, 1767398400000000, 0),
    ('3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001', '7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001', 3, 4, 4, 1767571200000000, 0);
