//! Options: the names and values that the parser left become fields of the options messages.
//!
//! This is done here and not by prost-reflect, which would also do it: names are found by protoc's rules, values are
//! taken as protoc takes them, and a finding has its code and its place from us. The pool is asked for nothing that
//! could be wrong with an option.

mod names;
mod report;
mod schema;
mod text;
mod value;

use std::cell::OnceCell;
use std::collections::HashSet;

use prost_types::UninterpretedOption;
use prost_types::uninterpreted_option::NamePart;

use self::names::definition_name;
use self::report::Problem;
use self::schema::{FieldType, MessageType, Types};
use self::text::TextParser;
use self::value::{Misfit, Plain};
use super::editions::Edition;
use super::lexer::tokens;
use super::locations::{Places, Sources};
use super::numbers::NEGATIVE_NAN;
use super::raw::options::{self, UNINTERPRETED};
use super::raw::{self, OptionsKind, source_info};
use super::verify::{Names, Scope, SymbolKind, parent};
use super::{DESCRIPTOR, builtin, parse, verify};
use crate::diag::{Code, Sink};
use crate::sorted::SortedMap;

/// The number of `uninterpreted_option` in a path.
const UNINTERPRETED_PATH: i32 = 999;

/// Interprets the options of all files, which come in the order of imports and in which names are resolved; adds the
/// files whose extensions are used.
pub(crate) fn interpret(files: &mut [raw::File], names: &mut Names, sources: &Sources, sink: &mut Sink) {
    let packages: Vec<String> = files.iter().map(|file| file.package().to_owned()).collect();
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let known = names.symbols.get("google.protobuf.FileOptions").is_none().then(OnceCell::new);
    for index in 0..files.len() {
        let (taken, any) = take(&mut files[index]);
        // Whatever says an option uses the file that defines options.
        let definition = names.symbols.get("google.protobuf.FileOptions").map(|symbol| symbol.file);
        names.used[index].extend(definition.filter(|_| any));
        if taken.is_empty() {
            continue;
        }
        let known = known.as_ref().map(|known| known.get_or_init(compilers_own));
        let mut used = HashSet::new();
        let mut done = Interpreted::default();
        // Options of the language itself come first: they say how others are used, which the same file may do.
        let (first, second): (Vec<Taken>, Vec<Taken>) = taken.into_iter().map(Taken::split).unzip();
        for round in [first, second] {
            let mut interpreter = Interpreter {
                index,
                edition: Edition::number_of(&files[index]),
                types: Types { files, symbols: &names.symbols },
                known: known.map(|(files, names)| Types { files, symbols: &names.symbols }),
                scope: Scope::new(&names.symbols, &names.visible[index], &packages),
                kind: OptionsKind::File,
                used: HashSet::new(),
            };
            interpreter.round(&files[index], round, &mut done, sources, sink);
            used.extend(interpreter.used);
            put(&mut files[index], &done);
        }
        move_places(&mut files[index], &done);
        names.used[index].extend(used);
    }
}

/// `descriptor.proto` as every compiler brings it along, for options of files that do not import it.
fn compilers_own() -> (Vec<raw::File>, Names) {
    let text = builtin::builtin(DESCRIPTOR).expect("descriptor.proto is built in");
    let mut files = vec![parse::parse(DESCRIPTOR, text).expect("built-in files are valid")];
    let mut sink = Sink::default();
    let mut names = verify::verify(&mut files, &mut sink);
    interpret(&mut files, &mut names, &Sources::default(), &mut sink);
    assert!(!sink.has_errors(), "the built-in descriptor.proto is valid");
    (files, names)
}

/// The options of one definition.
struct Taken {
    path: Vec<i32>,
    kind: OptionsKind,
    /// What is said already, as bytes.
    said: Vec<u8>,
    /// Each with its index.
    options: Vec<(i32, UninterpretedOption)>,
}

impl Taken {
    /// The options of the language itself, and those that use extensions or braces.
    fn split(self) -> (Self, Self) {
        let is_plain = |option: &UninterpretedOption| {
            option.aggregate_value.is_none() && option.name.iter().all(|part| !part.is_extension)
        };
        let (first, second) = self.options.into_iter().partition(|(_, option)| is_plain(option));
        let of =
            |options| Self { path: self.path.clone(), kind: self.kind, said: self.said.clone(), options };
        (of(first), of(second))
    }
}

/// The options of one definition as bytes, and the way of each from its place in the text to its field.
#[derive(Default)]
struct Interpreted {
    options: SortedMap<Vec<i32>, Vec<u8>>,
    places: SortedMap<Vec<i32>, Vec<i32>>,
}

/// The options of a file that are not interpreted yet, and whether it has any.
fn take(file: &mut raw::File) -> (Vec<Taken>, bool) {
    let mut taken = Vec::new();
    let mut any = false;
    raw::each_options(file, &mut |path, kind, bytes| {
        any |= bytes.is_some();
        let found = options::uninterpreted(bytes.as_deref());
        if found.is_empty() {
            return;
        }
        let said = bytes.take().and_then(|bytes| options::without(&bytes, UNINTERPRETED));
        let said = said.expect("bytes in which options were found are a message");
        taken.push(Taken { path: path.to_vec(), kind, said, options: (0..).zip(found).collect() });
    });
    (taken, any)
}

fn put(file: &mut raw::File, done: &Interpreted) {
    raw::each_options(file, &mut |path, _, bytes| {
        if let Some(options) = done.options.get(path) {
            *bytes = Some(options.clone());
        }
    });
}

/// The source information names an option by its field from now on.
fn move_places(file: &mut raw::File, done: &Interpreted) {
    let Some(info) = &mut file.source_code_info else { return };
    source_info::change_paths(info, UNINTERPRETED_PATH, &mut |path| {
        let at = (0..path.len().saturating_sub(1))
            .find(|&at| path[at] == UNINTERPRETED_PATH && done.places.contains_key(&path[..at + 2]))?;
        Some([done.places[&path[..at + 2]].as_slice(), &path[at + 2..]].concat())
    });
}

struct Interpreter<'a> {
    /// Index of the file in work.
    index: usize,
    /// Its edition as a number; proto2 and proto3 have one too.
    edition: i32,
    types: Types<'a>,
    /// `descriptor.proto`, when none of the files is it.
    known: Option<Types<'a>>,
    scope: Scope<'a>,
    /// What the option in work stands on.
    kind: OptionsKind,
    used: HashSet<usize>,
}

impl<'a> Interpreter<'a> {
    fn round(
        &mut self,
        file: &raw::File,
        all: Vec<Taken>,
        done: &mut Interpreted,
        sources: &Sources,
        sink: &mut Sink,
    ) {
        let places = Places::default();
        for Taken { path, kind, said, options } in all {
            let mut bytes = done.options.remove(&path).unwrap_or(said);
            let name = definition_name(file, &path);
            self.kind = kind;
            for (number, option) in &options {
                let written = [path.as_slice(), &[UNINTERPRETED_PATH, *number]].concat();
                match self.option(option, parent(&name), &mut bytes) {
                    Ok(way) => _ = done.places.insert(written, [path.as_slice(), &way].concat()),
                    Err(problem) => {
                        let info = file.source_code_info.as_deref();
                        let place = places.place(file.name(), info, &written);
                        sink.push(problem.diagnostic(place, sources));
                    }
                }
            }
            done.options.insert(path, bytes);
        }
    }

    fn message(&self, name: &str) -> Option<MessageType<'a>> {
        self.types.message(name).or_else(|| self.known?.message(name))
    }

    /// Writes one option, and gives the way to its value in numbers.
    fn option(
        &mut self,
        option: &UninterpretedOption,
        scope: &str,
        bytes: &mut Vec<u8>,
    ) -> Result<Vec<i32>, Problem> {
        let mut message = self.message(self.kind.message()).ok_or_else(|| {
            Problem::new(Code::BAD_DESCRIPTOR, format!("there is no `{}`", self.kind.message()))
        })?;
        self.check_first(option)?;
        let mut way: Vec<FieldType> = Vec::new();
        let last = option.name.len().saturating_sub(1);
        for (index, part) in option.name.iter().enumerate() {
            let field = self.part(option, index, part, message, scope)?;
            self.check_use(field)?;
            way.push(field);
            if index == last {
                break;
            }
            let name = report::name(option, index);
            message = match field.message() {
                Some(inner) if !field.is_repeated() => inner,
                Some(_) => {
                    let text = format!("option `{name}` is repeated: it has no one value to set a field of");
                    return Err(Problem::new(Code::OPTION_TYPE, text).help("write the value in braces"));
                }
                None => {
                    let text = format!("option `{name}` has no fields to set");
                    return Err(Problem::new(Code::OPTION_TYPE, text));
                }
            };
        }
        let Some(&field) = way.last() else {
            return Err(Problem::new(Code::BAD_DESCRIPTOR, "an option without a name"));
        };
        let numbers: Vec<u32> = way.iter().map(|field| field.number()).collect();
        if option.name.len() == 1 && is_features(option) {
            // They were read before, when names were not known yet, up to those of other languages.
            *bytes = options::without(bytes, numbers[0]).expect("these bytes were written here");
        }
        let before = value::count(bytes, &numbers);
        if before > 0 && !field.is_repeated() {
            let text = format!("option `{}` is set twice", report::name(option, last));
            return Err(Problem::new(Code::INVALID_DEFINITION, text));
        }
        let mut value = Vec::new();
        self.value(option, field, &mut value)?;
        for outer in way.iter().rev().skip(1) {
            let content = std::mem::take(&mut value);
            value::write_message(*outer, &content, &mut value);
        }
        bytes.extend(value);
        let to_number = |number: u32| i32::try_from(number).expect("numbers of fields are checked");
        let mut path: Vec<i32> = numbers.into_iter().map(to_number).collect();
        if field.is_repeated() {
            path.push(i32::try_from(before).unwrap_or(i32::MAX));
        }
        Ok(path)
    }

    /// Options that are not for users to set.
    fn check_first(&self, option: &UninterpretedOption) -> Result<(), Problem> {
        let Some(first) = option.name.first().filter(|part| !part.is_extension) else { return Ok(()) };
        match first.name_part.as_str() {
            "uninterpreted_option" => {
                Err(Problem::new(Code::UNKNOWN_OPTION, "`uninterpreted_option` is not for use in a text"))
            }
            "map_entry" if self.kind == OptionsKind::Message => {
                Err(Problem::new(Code::INVALID_DEFINITION, "`map_entry` is not for use in a text")
                    .help("write a field of type `map<key, value>`"))
            }
            "features" if self.edition < Edition::Year2023.number() => {
                Err(Problem::new(Code::INVALID_DEFINITION, "features are for files of an edition")
                    .help("begin the file with `edition = \"2023\";` instead of `syntax`"))
            }
            _ => Ok(()),
        }
    }

    /// The field behind a part of an option's name.
    fn part(
        &mut self,
        option: &UninterpretedOption,
        index: usize,
        part: &NamePart,
        message: MessageType<'a>,
        scope: &str,
    ) -> Result<FieldType<'a>, Problem> {
        if part.is_extension {
            return self.extension(&part.name_part, scope, message);
        }
        message.field(&part.name_part).ok_or_else(|| {
            let text = format!("option `{}` is not defined", report::name(option, index));
            let problem = Problem::new(Code::UNKNOWN_OPTION, text)
                .near(&part.name_part, message.fields().map(|field| field.field.name()));
            match &problem.help {
                None if index == 0 => problem.help("an option of your own is written in parentheses"),
                _ => problem,
            }
        })
    }

    fn extension(
        &mut self,
        name: &str,
        scope: &str,
        message: MessageType<'a>,
    ) -> Result<FieldType<'a>, Problem> {
        let found = self.scope.search(name, scope, false);
        let Some(symbol) = found.symbol else {
            let text = format!("option `({name})` is not defined");
            return Err(self.missing(Problem::new(Code::UNKNOWN_OPTION, text), name, &found));
        };
        self.used.insert(symbol.file);
        let Some(field) = self.types.field(symbol) else {
            return Err(Problem::new(Code::UNKNOWN_OPTION, format!("`{}` is not an option", found.full)));
        };
        // protoc also takes the full name of an option that is not an extension.
        let extended = match field.field.extendee.as_deref() {
            Some(extended) => extended.trim_start_matches('.'),
            None => parent(&found.full),
        };
        if extended != message.name {
            let text = format!("option `({})` does not belong here", found.full);
            let help = format!(
                "it is for {}, and this takes those for {}",
                report::kind_of(extended),
                report::kind_of(message.name)
            );
            return Err(Problem::new(Code::UNKNOWN_OPTION, text).help(help));
        }
        if message.name == "google.protobuf.FeatureSet" && symbol.file == self.index {
            let text = format!("the feature `({})` is used in the file that defines it", found.full);
            return Err(Problem::new(Code::INVALID_DEFINITION, text).help("define it in a file of its own"));
        }
        Ok(field)
    }

    fn missing(&self, problem: Problem, name: &str, found: &verify::Search) -> Problem {
        if let Some((_, hidden)) = &found.hidden
            && let Some(file) = self.types.files.get(hidden.file)
        {
            return problem.help(format!("add `import \"{}\";`", file.name()));
        }
        let absent = |file: &&str| self.types.files.iter().all(|known| known.name() != *file);
        if let Some(file) = report::annotation_file(name).filter(absent) {
            return problem.help(format!("add `import \"{file}\";`"));
        }
        if found.cut_off {
            let text = format!(
                "its first part is found in an inner scope, so `{}` is meant; write `(.{name})` to begin at the outermost",
                found.full
            );
            return problem.help(text);
        }
        let extensions = self.types.symbols.extensions();
        let near = super::suggest::closest(name, extensions.iter().copied());
        problem.help(match near {
            Some(near) => report::did_you_mean(&format!("({near})")),
            None => "define it, or import the file that does".to_owned(),
        })
    }

    /// An extension in brackets inside a value; in a message set, also by the type of its value.
    fn extension_in_text(
        &mut self,
        name: &str,
        scope: &str,
        message: MessageType<'a>,
    ) -> Option<FieldType<'a>> {
        let found = self.scope.search(name, scope, false);
        let symbol = found.symbol?;
        self.used.insert(symbol.file);
        if symbol.kind == SymbolKind::Message && message.is_message_set() {
            return self.types.extensions_of(symbol, message.name).find(|field| {
                !field.is_repeated() && field.message().is_some_and(|inner| inner.name == found.full)
            });
        }
        let extended = |field: &FieldType| {
            field.field.extendee.as_deref().map(|name| name.trim_start_matches('.') == message.name)
        };
        self.types.field(symbol).filter(|field| extended(field) == Some(true))
    }

    fn visible_message(&mut self, name: &str) -> Option<MessageType<'a>> {
        let symbol = self.scope.get(name).filter(|symbol| symbol.kind == SymbolKind::Message)?;
        self.used.insert(symbol.file);
        self.types.message(name)
    }

    /// Whether a field may be set here and in this edition.
    fn check_use(&self, field: FieldType) -> Result<(), Problem> {
        let name = field.field.name();
        let targets = field.targets();
        if !targets.is_empty() && !targets.contains(&self.kind.target()) {
            let text = format!("option `{name}` cannot be set on {}", report::kind_of(self.kind.message()));
            return Err(Problem::new(Code::INVALID_DEFINITION, text));
        }
        let Some(support) = field.support() else { return Ok(()) };
        let wrong = if support.introduced.is_some_and(|first| self.edition < first) {
            "is not there yet"
        } else if support.removed.is_some_and(|end| self.edition >= end) {
            "is gone"
        } else {
            return Ok(());
        };
        let text = format!("option `{name}` {wrong} in this edition");
        Err(Problem::new(Code::INVALID_DEFINITION, text))
    }

    fn value(
        &mut self,
        option: &UninterpretedOption,
        field: FieldType<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let Some(message) = field.message() else {
            let written = plain(option).ok_or(Misfit::Type);
            return written
                .and_then(|value| value::write(field, &value, out))
                .map_err(|_| report::misfit(option, field));
        };
        let Some(text) = &option.aggregate_value else { return Err(report::misfit(option, field)) };
        let tokens = tokens(text);
        let mut content = Vec::new();
        let parser = TextParser { tokens: &tokens, at: 0, interpreter: self };
        parser.whole(message, &mut content).map_err(|problem| {
            let name = report::name(option, option.name.len());
            Problem { text: format!("the value of option `{name}`: {}", problem.text), ..problem }
        })?;
        value::write_message(field, &content, out);
        Ok(())
    }
}

fn is_features(option: &UninterpretedOption) -> bool {
    option.name.first().is_some_and(|part| !part.is_extension && part.name_part == "features")
}

/// A value that is not in braces.
fn plain(option: &UninterpretedOption) -> Option<Plain<'_>> {
    let word = option.identifier_value.as_deref().map(|word| match word {
        NEGATIVE_NAN => Plain::Float(-f64::NAN),
        word => Plain::Word(word),
    });
    let positive = || option.positive_int_value.map(|value| Plain::Integer(value.into()));
    let negative = || option.negative_int_value.map(|value| Plain::Integer(value.into()));
    let float = || option.double_value.map(Plain::Float);
    word.or_else(positive)
        .or_else(negative)
        .or_else(float)
        .or_else(|| option.string_value.as_deref().map(Plain::Text))
}
