//! Texts that look as a person would have written them, by the name of their field.

use super::random::Random;

/// Somebody whom the texts of a message are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Persona {
    first: usize,
    last: usize,
    number: usize,
}

const FIRST: &[&str] = &[
    "Ada",
    "Grace",
    "Alan",
    "Katherine",
    "Edsger",
    "Barbara",
    "Donald",
    "Radia",
    "Tim",
    "Margaret",
    "Dennis",
    "Frances",
    "Ken",
    "Hedy",
    "Linus",
    "Joan",
];
const LAST: &[&str] = &[
    "Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra", "Liskov", "Knuth", "Perlman", "Lee", "Hamilton",
    "Ritchie", "Allen", "Thompson", "Lamarr", "Pauling", "Clarke",
];

impl Persona {
    /// The n-th of a stream that is calm, or anybody.
    pub(super) fn new(random: &mut Random) -> Self {
        if random.is_calm() {
            let turn = random.turn();
            return Self { first: turn % FIRST.len(), last: turn % LAST.len(), number: turn + 1 };
        }
        Self {
            first: random.below(FIRST.len()),
            last: random.below(LAST.len()),
            number: 1 + random.below(9_999),
        }
    }

    fn first(self) -> &'static str {
        FIRST[self.first]
    }

    fn last(self) -> &'static str {
        LAST[self.last]
    }

    /// What tells those apart who have a name in common; nothing for the first ones.
    fn suffix(self) -> String {
        if self.first == self.last { String::new() } else { self.number.to_string() }
    }
}

/// `ada`
pub(super) fn handle(who: Persona) -> String {
    who.first().to_ascii_lowercase() + &who.suffix()
}

pub(super) fn email(who: Persona) -> String {
    format!("{}@example.com", handle(who))
}

/// The name of a field with who it is about: `user_id` is `user-1`.
pub(super) fn stem(name: &str, who: Persona) -> String {
    let stem = name.trim_end_matches("_ids").trim_end_matches("_id").trim_matches('_');
    let stem = if stem.is_empty() || stem == "value" { "item" } else { stem };
    format!("{}-{}", stem.replace('_', "-"), who.number)
}

/// What is said of names: a word that the name has, and the texts.
const BY_WORD: &[(&str, &[&str])] = &[
    ("city", &["London", "Utrecht", "Zürich", "Kyoto", "Nairobi", "Bogotá", "Toronto", "Oslo"]),
    ("town", &["London", "Utrecht", "Zürich", "Kyoto", "Nairobi", "Bogotá", "Toronto", "Oslo"]),
    ("country", &["GB", "NL", "CH", "JP", "KE", "CO", "CA", "NO"]),
    ("region", &["GB", "NL", "CH", "JP", "KE", "CO", "CA", "NO"]),
    ("currency", &["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "CAD", "AUD"]),
    ("language", &["en", "nl", "de", "ja", "sw", "es", "fr", "nb"]),
    ("locale", &["en-GB", "nl-NL", "de-CH", "ja-JP", "sw-KE", "es-CO", "fr-CA", "nb-NO"]),
    ("timezone", &["Europe/London", "Europe/Zurich", "Asia/Tokyo", "America/Toronto"]),
    ("zone", &["Europe/London", "Europe/Zurich", "Asia/Tokyo", "America/Toronto"]),
    ("phone", &["+442079460018", "+12025550123", "+442079460777", "+12025550187"]),
    ("mobile", &["+447700900123", "+12025550123", "+447700900777", "+12025550187"]),
    ("street", &["12 St James's Square", "5 Station Road", "27 Mill Lane", "8 Harbour Street"]),
    ("address", &["12 St James's Square, London", "5 Station Road, Oslo", "27 Mill Lane, Toronto"]),
    ("zip", &["SW1Y 4JH", "8001", "3511 AB", "0150"]),
    ("postal", &["SW1Y 4JH", "8001", "3511 AB", "0150"]),
    ("postcode", &["SW1Y 4JH", "8001", "3511 AB", "0150"]),
    ("company", &["Analytical Engines", "Compilers & Co", "Bombe Works"]),
    ("organization", &["Analytical Engines", "Compilers & Co", "Bombe Works"]),
    ("title", &["Notes on the Analytical Engine", "A Book of Compilers", "Computing Machinery", "Orbits"]),
    ("subject", &["Notes on the Analytical Engine", "A Book of Compilers", "Computing Machinery"]),
    ("color", &["teal", "amber", "crimson", "indigo"]),
    ("colour", &["teal", "amber", "crimson", "indigo"]),
    ("category", &["books", "tools", "garden", "music"]),
    ("tag", &["new", "featured", "sale", "limited"]),
    ("tags", &["new", "featured", "sale", "limited"]),
    ("label", &["new", "featured", "sale", "limited"]),
    ("labels", &["new", "featured", "sale", "limited"]),
    ("status", &["active", "pending", "done"]),
    ("state", &["active", "pending", "done"]),
    ("version", &["1", "2", "3"]),
    ("etag", &["1", "2", "3"]),
    ("filename", &["notes.txt", "engine.pdf", "diagram.png"]),
    ("file", &["notes.txt", "engine.pdf", "diagram.png"]),
    ("path", &["/documents/notes.txt", "/documents/engine.pdf", "/documents/diagram.png"]),
    ("mime", &["application/json", "text/plain", "image/png"]),
    ("media", &["application/json", "text/plain", "image/png"]),
    ("query", &["engine", "compiler", "orbit"]),
    ("search", &["engine", "compiler", "orbit"]),
    ("product", &["Analytical Engine", "Compiler", "Difference Engine"]),
];

/// Names whose texts are sentences.
const PROSE: &[&str] = &[
    "description",
    "comment",
    "text",
    "note",
    "notes",
    "message",
    "body",
    "bio",
    "summary",
    "content",
    "reason",
    "details",
    "about",
    "review",
    "remark",
];

const SENTENCES: &[&str] = &[
    "It weaves algebraic patterns.",
    "A ship in port is safe.",
    "We can only see a short distance ahead.",
    "Count everything twice.",
    "Simplicity is a great virtue.",
    "Small parts, well joined.",
    "It works on the first try.",
    "There was no choice but to be pioneers.",
];

/// A text for the field of a name.
pub(super) fn by_name(name: &str, who: Persona, random: &mut Random) -> String {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split('_').filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    let last = words.last().copied().unwrap_or("");
    let full = || {
        let suffix = who.suffix();
        let space = if suffix.is_empty() { "" } else { " " };
        format!("{} {}{space}{suffix}", who.first(), who.last())
    };
    match last {
        "id" | "ids" | "uid" | "key" | "ref" | "reference" | "number" => return stem(&lower, who),
        "sku" => return format!("SKU-{}", 1_000 + who.number),
        "token" | "secret" | "hash" | "digest" | "checksum" | "signature" => {
            return format!("{:016x}", random.number());
        }
        "url" | "uri" | "link" | "href" | "website" | "homepage" => {
            return format!("https://example.com/{}", handle(who));
        }
        "host" | "hostname" | "domain" | "server" => return format!("{}.example.com", handle(who)),
        "ip" => return format!("192.0.2.{}", 1 + who.number % 254),
        "uuid" => return super::formats::Format::Uuid.text("", who, random),
        _ => {}
    }
    if has("email") || has("mail") {
        return email(who);
    }
    if has("first") || has("given") {
        return who.first().to_owned() + &who.suffix();
    }
    if has("family") || has("surname") || (has("last") && has("name")) {
        return who.last().to_owned() + &who.suffix();
    }
    if has("user") || has("username") || has("login") || has("handle") || has("nickname") {
        return handle(who);
    }
    if last == "time" || last == "at" || last == "date" || last == "day" {
        return format!("2026-0{}-1{}", 1 + who.number % 9, who.number % 10);
    }
    for (word, texts) in BY_WORD {
        if has(word) {
            let text = random.pick(texts).copied().unwrap_or(word).to_owned();
            // A code has its form, and what people write may have a number.
            let counted = !random.is_calm() && texts[0].len() > 5 && !random.once_in(4);
            return if counted { format!("{text} {}", who.number) } else { text };
        }
    }
    if last == "name" || has("author") || has("person") || has("owner") || has("customer") || has("sender") {
        return full();
    }
    if PROSE.contains(&last) {
        let text = random.pick(SENTENCES).copied().unwrap_or("Text.");
        return if random.is_calm() { text.to_owned() } else { format!("{text} No. {}", who.number) };
    }
    if random.is_calm() && random.turn() == 0 && lower.len() > 2 && lower != "value" && lower != "val" {
        return lower.replace('_', " ");
    }
    let word = ["engine", "compiler", "orbit", "loom", "relay", "lattice", "packet", "cipher"];
    let word = random.pick(&word).copied().unwrap_or("text");
    if random.is_calm() { word.to_owned() } else { format!("{word} {}", who.number) }
}
