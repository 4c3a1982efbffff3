//! The text cases of CEL (`tests/conformance/cel`), seen by the front end: they cover the whole table of declarations,
//! and nothing that is made of their pieces makes a step panic.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use quote::quote;

use super::custom::{self, CelRule, Scope};
use super::types::PoolTypes;
use crate::cel::check::{Typed, TypedKind, Var, check};
use crate::cel::decls::OVERLOADS;
use crate::cel::emit::{self, Context, StoredExpr};
use crate::cel::error::CelError;
use crate::cel::types::Type;
use crate::diag::Sink;
use crate::input::{Loaded, load};
use crate::model::Schema;
use crate::model::plan::Store;
use crate::model::rules::{Check, RulePlace};
use crate::options::Options;
use crate::sorted::SortedSet;

pub(super) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/cel");
const SUBJECT: &str = "cel.v1.Subject";

pub(super) struct Corpus {
    loaded: Loaded,
    schema: Schema,
    expressions: Vec<String>,
    /// The pieces that the expressions are made of.
    pieces: Vec<String>,
}

static PIECE: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"\w+|'[^']*'|&&|\|\||[=!<>]=|\s+|.").unwrap());

/// None outside of the repository.
pub(super) static CORPUS: LazyLock<Option<Corpus>> = LazyLock::new(|| {
    let folder = Path::new(FOLDER);
    let cases = std::fs::read_to_string(folder.join("cases.txt")).ok()?;
    let lines = cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let expressions: Vec<String> = lines.map(|l| l.strip_prefix("! ").unwrap_or(l).to_owned()).collect();
    let pieces: SortedSet<String> =
        expressions.iter().flat_map(|e| PIECE.find_iter(e)).map(|m| m.as_str().to_owned()).collect();
    let source = crate::input::Source::Files {
        files: vec![folder.join("subject.proto")],
        includes: vec![folder.to_owned()],
    };
    let mut sink = Sink::default();
    let loaded = load(&source, &mut sink).expect("the subject is valid");
    let schema = crate::resolve::resolve(&loaded, &Options::default(), &mut sink);
    Some(Corpus { loaded, schema, expressions, pieces: pieces.into_iter().collect() })
});

impl Corpus {
    fn typed(&self, expression: &str) -> Option<Typed> {
        let vars = [
            Var { name: "this", ty: Type::Message(SUBJECT.into()) },
            Var { name: "now", ty: Type::Timestamp },
        ];
        check(&crate::cel::parse(expression).ok()?, &vars, &PoolTypes(&self.loaded.pool)).ok()
    }

    /// All steps but the last.
    pub(super) fn plan(&self, expression: &str) -> Result<Check, CelError> {
        let found = self.schema.messages.iter().find(|(_, m)| m.full_name == SUBJECT);
        let (id, _) = found.expect("the subject is there");
        let scope = Scope {
            schema: &self.schema,
            pool: &self.loaded.pool,
            this: (Type::Message(SUBJECT.into()), Store::Message(id)),
            rule: None,
        };
        custom::compile(&CelRule::from_expression(expression), &scope, RulePlace::Message)
            .map(|rule| rule.check)
    }

    /// Every step, up to Rust that must parse.
    fn compile(&self, expression: &str) -> Option<()> {
        let check = self.plan(expression).ok()?;
        let cx = Context { schema: &self.schema, module: &[], this: StoredExpr::behind(quote!(self)) };
        let tokens = emit::result(check.test.plan(), &cx);
        syn::parse2::<syn::Expr>(tokens.clone()).unwrap_or_else(|e| panic!("{expression}: {e}\n{tokens}"));
        Some(())
    }
}

#[test]
fn every_overload_has_a_case() {
    let Some(corpus) = &*CORPUS else { return };
    let mut seen = SortedSet::new();
    for expression in &corpus.expressions {
        let typed = corpus.typed(expression).unwrap_or_else(|| panic!("`{expression}` has no type"));
        overloads(&typed, &mut seen);
    }
    let missing: Vec<&str> = OVERLOADS.iter().map(|o| o.id).filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "no case in {FOLDER}/cases.txt uses {missing:?}");
}

/// The overloads that an expression uses for sure.
fn overloads(typed: &Typed, seen: &mut SortedSet<&'static str>) {
    let mut each = |parts: &[&Typed]| parts.iter().for_each(|part| overloads(part, seen));
    match &typed.kind {
        TypedKind::Literal(_) | TypedKind::Var(_) | TypedKind::Local(_) | TypedKind::TypeValue(_) => {}
        TypedKind::Select { operand, .. } | TypedKind::Has { operand, .. } => each(&[operand]),
        TypedKind::Compare { left, right, .. } => each(&[left, right]),
        TypedKind::And(parts) | TypedKind::Or(parts) | TypedKind::List(parts) => {
            each(&parts.iter().collect::<Vec<_>>());
        }
        TypedKind::Conditional { cond, then, otherwise } => each(&[cond, then, otherwise]),
        TypedKind::Map(entries) => entries.iter().for_each(|(k, v)| each(&[k, v])),
        TypedKind::Message { fields, .. } => fields.iter().for_each(|(_, value)| each(&[value])),
        TypedKind::Macro(it) => {
            each(&[&it.range, &it.body]);
            it.filter.iter().for_each(|filter| each(&[filter]));
        }
        TypedKind::Call { candidates, args, .. } => {
            each(&args.iter().collect::<Vec<_>>());
            if let [overload] = candidates.as_slice() {
                seen.insert(overload.id);
            }
        }
    }
}

#[test]
fn everyday_shapes_compile() {
    let Some(corpus) = &*CORPUS else { return };
    for expression in [
        "this.inners.all(i, i.n > 0)",
        "has(this.inner) || this.b",
        "this.inners.filter(i, i.n > 0).map(i, i.name).unique()",
        "this.m.all(k, this.m[k] > 0)",
        "this.s.size() > 0 ? '' : 'empty'",
    ] {
        assert!(corpus.compile(expression).is_some(), "{expression}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Expressions of the corpus with pieces lost, doubled and taken from elsewhere.
    #[test]
    fn no_mutation_panics(
        at in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4), 1..4),
    ) {
        let Some(corpus) = &*CORPUS else { return Ok(()) };
        let expression = at.get(&corpus.expressions);
        let mut pieces: Vec<&str> = PIECE.find_iter(expression).map(|m| m.as_str()).collect();
        for (place, other, kind) in &changes {
            if pieces.is_empty() {
                break;
            }
            let place = place.index(pieces.len());
            let other = other.get(&corpus.pieces);
            match kind {
                0 => drop(pieces.remove(place)),
                1 => pieces.insert(place, pieces[place]),
                2 => pieces[place] = other,
                _ => pieces.insert(place, other),
            }
        }
        let _ = corpus.compile(&pieces.concat());
    }

    /// Two expressions of the corpus joined by an operator, and one inside a macro over another.
    #[test]
    fn no_combination_panics(
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
        how in prop::sample::select(vec![
            "(A) && (B)", "(A) || !(B)", "(A) ? (B) : (A)", "(A) == (B)", "[A, B].all(x, x)",
            "this.ints.exists(x, A || x > 1 && B)", "[A].map(x, x && B) == [B]", "{A: 1}[B] == 1",
            "dyn(A) == dyn(B)", "string(A) + string(B) == ''", "this.inners.filter(x, A).size() > 0 || B",
            "'%s%s'.format([A, B]) == ''", "this.m.all(k, v, (A) == (B))",
        ]),
    ) {
        let Some(corpus) = &*CORPUS else { return Ok(()) };
        let text = how.replace('B', "\0").replace('A', a.get(&corpus.expressions).as_str());
        let _ = corpus.compile(&text.replace('\0', b.get(&corpus.expressions).as_str()));
    }
}
