//! Texts and bytes.

use super::patterns::Pattern;
use super::random::Random;
use super::table::{Rules, Sizes, Value};
use super::words::{self, Persona};

/// How often a text is tried.
const TRIES: u32 = 48;

/// A text that fulfils its rules.
pub(super) fn text(rules: &Rules, name: &str, who: Persona, random: &mut Random) -> Option<String> {
    let pattern = rules.pattern.as_deref().map(Pattern::new);
    let pattern = match &pattern {
        Some(Some(pattern)) => Some(pattern),
        // It cannot be read, so nothing is known of it.
        Some(None) => return None,
        None => None,
    };
    let mut random = random.clone();
    let mut who = who;
    for attempt in 0..TRIES {
        if attempt == 8 {
            random = random.wild();
            who = Persona::new(&mut random);
        }
        let base = match (rules.format, pattern) {
            (Some(format), _) => format.text(name, who, &mut random),
            (None, Some(pattern)) => of_pattern(pattern, rules, attempt, name, who, &mut random)?,
            (None, None) => words::by_name(name, who, &mut random),
        };
        let text = with_parts(rules, &base);
        let exact = rules.pattern.is_some() || rules.format.is_some();
        let text = if exact && text == base { text } else { fit(rules, text, &mut random) };
        if fits(rules, &text) && pattern.is_none_or(|pattern| attempt >= 24 || pattern.is_in(&text)) {
            return Some(text);
        }
        random.number();
    }
    None
}

/// A word that the pattern matches, or else what is made from it.
fn of_pattern(
    pattern: &Pattern,
    rules: &Rules,
    attempt: u32,
    name: &str,
    who: Persona,
    random: &mut Random,
) -> Option<String> {
    if attempt < 8 {
        let word = words::by_name(name, who, random);
        let snake = word.to_ascii_lowercase().replace([' ', '-'], "_");
        let forms = [
            word.clone(),
            word.to_ascii_lowercase(),
            snake.clone(),
            snake.replace('_', "-"),
            snake.replace('_', ""),
            snake.replace('_', "").to_ascii_uppercase(),
            word.to_ascii_uppercase(),
            word.split([' ', '-']).next().unwrap_or_default().to_owned(),
            word.chars().filter(char::is_ascii_alphabetic).collect(),
        ];
        if let Some(form) = forms.into_iter().find(|form| fits(rules, form) && pattern.is_in(form)) {
            return Some(form);
        }
    }
    // From few repetitions to as many as it takes.
    let least = u32::try_from(rules.length.min.max(rules.bytes.min).min(4_000)).unwrap_or(0);
    let stretch = match attempt % 6 {
        0 => 4,
        1 => least.max(1),
        2 => 0,
        3 => least.saturating_add(8),
        4 => 12,
        _ => least / 2 + 1,
    };
    pattern.text(stretch, random).or(Some(String::new()))
}

/// The text with the parts that the rules want in it.
fn with_parts(rules: &Rules, base: &str) -> String {
    let mut out = base.to_owned();
    if let Some(Value::Text(part)) = &rules.contains
        && !out.contains(part)
    {
        let space = if rules.pattern.is_none() && rules.format.is_none() { " " } else { "" };
        out = format!("{out}{space}{part}");
    }
    if let Some(Value::Text(prefix)) = &rules.prefix
        && !out.starts_with(prefix)
    {
        out = format!("{prefix}{out}");
    }
    if let Some(Value::Text(suffix)) = &rules.suffix
        && !out.ends_with(suffix)
    {
        out.push_str(suffix);
    }
    out
}

/// The text longer or shorter, as its sizes want it, with its parts at their places.
fn fit(rules: &Rules, text: String, random: &mut Random) -> String {
    let part = |part: &Option<Value>| match part {
        Some(Value::Text(part)) => part.clone(),
        _ => String::new(),
    };
    let (mut prefix, suffix) = (part(&rules.prefix), part(&rules.suffix));
    let contains = part(&rules.contains);
    if !contains.is_empty() && !prefix.contains(&contains) && !suffix.contains(&contains) {
        prefix.push_str(&contains);
    }
    let sizes = |text: &str| rules.length.has(text.chars().count()) && rules.bytes.has(text.len());
    if sizes(&text) {
        return text;
    }
    let body = text.strip_prefix(&*prefix).unwrap_or(&text);
    let mut body: Vec<char> = body.strip_suffix(&*suffix).unwrap_or(body).chars().collect();
    let fixed: usize = prefix.chars().count() + suffix.chars().count();
    let fixed_bytes = prefix.len() + suffix.len();
    let room = |most: u64, fixed: usize| usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(fixed);
    let most = room(rules.length.max, fixed);
    let most_bytes = room(rules.bytes.max, fixed_bytes);
    let least = room(rules.length.min, fixed).min(super::solver::LONGEST);
    let least_bytes = room(rules.bytes.min, fixed_bytes).min(super::solver::LONGEST);
    body.truncate(most.min(most_bytes));
    while body.last().is_some_and(|c| *c == ' ') && body.len() > least {
        body.pop();
    }
    while body.iter().map(|c| c.len_utf8()).sum::<usize>() > most_bytes {
        body.pop();
    }
    let filler: Vec<char> = " and so on".chars().collect();
    while body.len() < least || (body.len() < most && bytes(&body) < least_bytes) {
        let next = filler[body.len() % filler.len()];
        let ends = body.len() + 1 == least;
        body.push(if ends && next == ' ' { 'x' } else { next });
    }
    // Few characters of many bytes.
    let mut at = 0;
    while bytes(&body) < least_bytes && at < body.len() {
        let lacks = least_bytes - bytes(&body);
        body[at] = [body[at], 'é', '字', '😀'][lacks.min(3)];
        at += 1;
    }
    if body.is_empty() && random.once_in(2) && sizes(&format!("{prefix}x{suffix}")) {
        body.push('x');
    }
    format!("{prefix}{}{suffix}", body.into_iter().collect::<String>())
}

fn bytes(body: &[char]) -> usize {
    body.iter().map(|c| c.len_utf8()).sum()
}

/// Whether a text fulfils its rules, as far as they can be told without a regular expression.
pub(super) fn fits(rules: &Rules, text: &str) -> bool {
    let has = |part: &Option<Value>, test: &dyn Fn(&str) -> bool| match part {
        Some(Value::Text(part)) => test(part),
        _ => true,
    };
    let value = Value::Text(text.to_owned());
    rules.length.has(text.chars().count())
        && rules.bytes.has(text.len())
        && rules.format.is_none_or(|format| format.has(text))
        && has(&rules.prefix, &|part| text.starts_with(part))
        && has(&rules.suffix, &|part| text.ends_with(part))
        && has(&rules.contains, &|part| text.contains(part))
        && has(&rules.lacks, &|part| !text.contains(part))
        && !rules.not.contains(&value)
        && (rules.among.is_empty() || rules.among.contains(&value))
        && rules.constant.as_ref().is_none_or(|constant| *constant == value)
}

/// Bytes that fulfil their rules.
pub(super) fn bytes_value(rules: &Rules, name: &str, who: Persona, random: &mut Random) -> Option<Vec<u8>> {
    let part = |part: &Option<Value>| match part {
        Some(Value::Bytes(part)) => part.clone(),
        _ => Vec::new(),
    };
    let (prefix, suffix, contains) = (part(&rules.prefix), part(&rules.suffix), part(&rules.contains));
    for attempt in 0..TRIES {
        let mut out = if rules.pattern.is_some() {
            let as_text = Rules {
                length: Sizes::default(),
                bytes: rules.length,
                pattern: rules.pattern.clone(),
                ..Rules::default()
            };
            text(&as_text, name, who, random)?.into_bytes()
        } else {
            let fixed = prefix.len() + suffix.len() + contains.len();
            let sizes = rules.format.map(super::formats::Format::sizes);
            let wanted = match sizes.and_then(|sizes| random.pick(sizes)) {
                Some(size) => *size,
                None => 8,
            };
            let most = usize::try_from(rules.length.max).unwrap_or(usize::MAX);
            let least = usize::try_from(rules.length.min).unwrap_or(usize::MAX).min(super::solver::LONGEST);
            let length = wanted.clamp(least.min(most), most).saturating_sub(fixed);
            let middle = (0..length).map(|_| random.number().to_le_bytes()[0]);
            [prefix.clone(), contains.clone(), middle.collect(), suffix.clone()].concat()
        };
        if !out.starts_with(&prefix) {
            out = [prefix.clone(), out].concat();
        }
        // Parts that overlap may fit where they do not one after the other.
        if attempt % 3 == 2 && (prefix.ends_with(&contains) || suffix.starts_with(&contains)) {
            out = [prefix.clone(), suffix.clone()].concat();
        }
        if attempt % 5 == 4 && prefix.ends_with(&suffix) {
            out.clone_from(&prefix);
        }
        if fits_bytes(rules, &out) {
            return Some(out);
        }
    }
    None
}

/// As [`fits`], for bytes.
pub(super) fn fits_bytes(rules: &Rules, bytes: &[u8]) -> bool {
    let has = |part: &Option<Value>, test: &dyn Fn(&[u8]) -> bool| match part {
        Some(Value::Bytes(part)) => test(part),
        _ => true,
    };
    let value = Value::Bytes(bytes.to_owned());
    rules.length.has(bytes.len())
        && rules.format.is_none_or(|format| format.sizes().contains(&bytes.len()))
        && has(&rules.prefix, &|part| bytes.starts_with(part))
        && has(&rules.suffix, &|part| bytes.ends_with(part))
        && has(&rules.contains, &|part| part.is_empty() || bytes.windows(part.len()).any(|w| w == part))
        && !rules.not.contains(&value)
        && (rules.among.is_empty() || rules.among.contains(&value))
        && rules.constant.as_ref().is_none_or(|constant| *constant == value)
}
