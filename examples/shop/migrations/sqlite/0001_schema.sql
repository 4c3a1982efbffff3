-- Times are microseconds since 1970, money is in minor units, lists and maps of
-- text are JSON, and what is only ever read as a whole is an encoded message.
-- The checks are the last line of defence: a request that passed the rules of
-- its .proto does not meet them.

CREATE TABLE users (
    user_id            TEXT    NOT NULL PRIMARY KEY,
    name               TEXT    NOT NULL CHECK (name <> ''),
    email              TEXT    NOT NULL CHECK (email <> '') COLLATE NOCASE UNIQUE,
    age                INTEGER NOT NULL CHECK (age BETWEEN 0 AND 150),
    status             INTEGER NOT NULL CHECK (status BETWEEN 1 AND 3),
    roles              TEXT    NOT NULL CHECK (json_type(roles) = 'array'),
    metadata           TEXT    NOT NULL CHECK (json_type(metadata) = 'object'),
    nickname           TEXT,
    utc_offset_minutes INTEGER NOT NULL CHECK (utc_offset_minutes BETWEEN -720 AND 840),
    preferences        BLOB,
    version            INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE products (
    product_id   TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    price_minor  INTEGER NOT NULL CHECK (price_minor >= 0),
    weight_grams INTEGER NOT NULL CHECK (weight_grams >= 0),
    stock        INTEGER NOT NULL CHECK (stock >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id         TEXT    NOT NULL UNIQUE,
    request_id       TEXT    UNIQUE,
    user_id          TEXT    NOT NULL REFERENCES users,
    status           INTEGER NOT NULL CHECK (status BETWEEN 1 AND 5),
    currency_code    TEXT    NOT NULL,
    total_minor      INTEGER NOT NULL CHECK (total_minor >= 0),
    version          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    shipping_address BLOB,
    payment          BLOB,
    labels           TEXT    NOT NULL CHECK (json_type(labels) = 'object'),
    delivery_seconds INTEGER NOT NULL,
    note             TEXT
) STRICT;

CREATE INDEX orders_by_user ON orders (user_id, seq);

CREATE TABLE order_items (
    order_seq    INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    product_id   TEXT    NOT NULL REFERENCES products,
    name         TEXT    NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    price_minor  INTEGER NOT NULL,
    weight_grams INTEGER NOT NULL,
    PRIMARY KEY (order_seq, position)
) STRICT, WITHOUT ROWID;

-- The log that live updates are served from. AUTOINCREMENT: a sequence never
-- comes back, so that "after" keeps its meaning.
CREATE TABLE order_updates (
    sequence            INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id            TEXT    NOT NULL,
    user_id             TEXT    NOT NULL,
    previous_status     INTEGER NOT NULL,
    status              INTEGER NOT NULL,
    version             INTEGER NOT NULL,
    occurred_at         INTEGER NOT NULL,
    revenue_delta_minor INTEGER NOT NULL
) STRICT;

CREATE TABLE files (
    file_id      TEXT    NOT NULL PRIMARY KEY,
    upload_id    TEXT    NOT NULL UNIQUE,
    filename     TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    sha256       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    event_id    TEXT    NOT NULL PRIMARY KEY,
    received_at INTEGER NOT NULL,
    event       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_messages (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT    NOT NULL,
    sent_at    INTEGER NOT NULL,
    message    BLOB    NOT NULL
) STRICT;

CREATE INDEX chat_messages_by_session ON chat_messages (session_id, seq);
