//! The tests of a value: a call of the runtime for what it knows, a condition and a report for anything else.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::cel::emit::{self as cel, Context};
use crate::model::FieldId;
use crate::model::plan::{Const, Op, Plan};
use crate::model::rules::{Check, KnownRule, PathElement, RulePlace, Test, Text};

/// What of a field is tested.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldPart {
    Whole,
    Item,
    Key,
    Value,
}

/// What a violation is about.
pub(super) struct ViolationField {
    /// The number of the field; zero for the message itself.
    number: u32,
    part: FieldPart,
}

impl ViolationField {
    pub(super) const MESSAGE: Self = Self { number: 0, part: FieldPart::Whole };

    pub(super) fn new(field: FieldId, part: FieldPart, cx: &Context<'_>) -> Self {
        Self { number: cx.schema.fields[field].number, part }
    }

    pub(super) fn number(&self) -> Literal {
        Literal::u32_unsuffixed(self.number)
    }

    /// What takes the violation.
    fn out(&self) -> TokenStream {
        match self.part {
            FieldPart::Whole => quote!(__rsvc_out),
            FieldPart::Item => quote!(__rsvc_out.item(__rsvc_n)),
            FieldPart::Key => quote!(__rsvc_out.key(__rsvc_key)),
            FieldPart::Value => quote!(__rsvc_out.value(__rsvc_key)),
        }
    }
}

/// The tests of a value. Some standard rules of a field are one call; what takes more is shorter beside its report.
pub(super) fn checks(checks: &[Check], at: &ViolationField, cx: &Context<'_>) -> TokenStream {
    let mut body = TokenStream::new();
    let mut rest = checks;
    while let Some((first, after)) = rest.split_first() {
        let (text, used) = match after.first().and_then(|second| both_lengths(first, second, at, cx)) {
            Some(call) => (call, 2),
            None => (call(first, at, cx).unwrap_or_else(|| check(first, at, cx)), 1),
        };
        body.extend(text);
        rest = &rest[used..];
    }
    body
}

/// `min_len` and `max_len` of a string together.
fn both_lengths(first: &Check, second: &Check, at: &ViolationField, cx: &Context<'_>) -> Option<TokenStream> {
    let (Some(KnownRule::MinLen(min)), Some(KnownRule::MaxLen(max))) = (first.known, second.known) else {
        return None;
    };
    let (number, text) = (at.number(), cx.this.reference());
    let (min, max) = (Literal::u64_unsuffixed(min), Literal::u64_unsuffixed(max));
    Some(quote!(__rsvc_out.min_max_len(#number, #text, #min, #max);))
}

/// The call for a standard rule that the runtime knows.
fn call(check: &Check, at: &ViolationField, cx: &Context<'_>) -> Option<TokenStream> {
    let (number, value) = (at.number(), cx.this.reference());
    let (method, size) = match check.known? {
        KnownRule::MinLen(size) => (quote!(min_len), size),
        KnownRule::MaxLen(size) => (quote!(max_len), size),
        KnownRule::Unique => return Some(quote!(__rsvc_out.unique(#number, #value);)),
        KnownRule::MaxSize => return None,
    };
    let size = Literal::u64_unsuffixed(size);
    Some(quote!(__rsvc_out.#method(#number, #value, #size);))
}

pub(super) fn check(check: &Check, at: &ViolationField, cx: &Context<'_>) -> TokenStream {
    CheckEmitter { at, check, cx, last: false }.test()
}

/// A test after whose violation the block `'__rsvc_size` is over.
pub(super) fn last_check(check: &Check, at: &ViolationField, cx: &Context<'_>) -> TokenStream {
    CheckEmitter { at, check, cx, last: true }.test()
}

/// Whether a test that cannot fail finds nothing wrong.
pub(super) fn holds(check: &Check, cx: &Context<'_>) -> TokenStream {
    match &check.test {
        Test::Fails(plan) => cel::negated(plan, cx),
        Test::Holds(plan) => cel::value(plan, cx),
        Test::Text(plan) => {
            let text = cel::value(plan, cx);
            quote!((#text).is_empty())
        }
    }
}

/// Paths of numbers of fields.
pub(super) fn paths(paths: &[Vec<u32>]) -> TokenStream {
    let paths = paths.iter().map(|path| {
        let numbers = path.iter().map(|number| Literal::u32_unsuffixed(*number));
        quote!(&[#(#numbers),*])
    });
    quote!(&[#(#paths),*])
}

/// What happens to the outcome of a test.
struct CheckEmitter<'a> {
    at: &'a ViolationField,
    check: &'a Check,
    cx: &'a Context<'a>,
    /// Whether a violation ends the block `'__rsvc_size`.
    last: bool,
}

impl CheckEmitter<'_> {
    fn test(&self) -> TokenStream {
        let test = match &self.check.test {
            Test::Fails(plan) => self.condition(plan, true),
            Test::Holds(plan) => self.condition(plan, false),
            Test::Text(plan) => self.text(plan),
        };
        if self.check.now {
            quote!(if let ::core::option::Option::Some(__rsvc_now) = __rsvc_out.now() { #test })
        } else {
            test
        }
    }

    /// The constant that describes a rule that is not a standard one.
    fn rule(&self) -> TokenStream {
        let id = &self.check.id;
        let message = match (&self.check.text, &self.check.test) {
            (Text::Fixed(text), Test::Fails(_) | Test::Holds(_)) => text.as_str(),
            _ => "",
        };
        let index = |n: u64| Literal::u64_unsuffixed(n);
        let rule = match &self.check.place {
            RulePlace::Message | RulePlace::Standard => quote!(of_message(#id, #message)),
            RulePlace::Cel(n) => {
                let n = index(*n);
                quote!(cel(#id, #message, #n))
            }
            RulePlace::Expression(n) => {
                let n = index(*n);
                quote!(expression(#id, #message, #n))
            }
            RulePlace::Path(path) => {
                let elements = path.iter().map(|PathElement { name, number, ty }| {
                    let (number, ty) = (Literal::u32_unsuffixed(*number), Literal::i32_unsuffixed(*ty));
                    quote!((#name, #number, #ty))
                });
                quote!(new(#id, #message, &[#(#elements),*]))
            }
        };
        let reads = self.reads().map(|reads| quote!(.reading(#reads)));
        quote!(const { &::rsvc::codegen::validate::Rule::#rule #reads })
    }

    /// The fields that a rule reads, unless it goes by the field that it stands on.
    fn reads(&self) -> Option<TokenStream> {
        let reads = self.check.reads.as_ref().filter(|_| self.at.part == FieldPart::Whole)?;
        Some(paths(reads))
    }

    fn add(&self) -> TokenStream {
        let Self { at, check, cx, .. } = self;
        let (out, number) = (at.out(), at.number());
        let id = &check.id;
        let add = match (&check.place, &check.text) {
            (RulePlace::Standard, Text::Fixed(text)) => quote!(#out.add(#number, #id, #text)),
            (RulePlace::Standard, Text::Size(n)) => {
                let n = Literal::u64_unsuffixed(*n);
                quote!(#out.add_size(#number, #id, #n))
            }
            (RulePlace::Standard, Text::Format(empty)) => {
                let empty = cel::condition(empty, cx);
                quote!(#out.add_format(#number, #id, #empty))
            }
            _ => {
                let rule = self.rule();
                quote!(#out.add_rule(#number, #rule))
            }
        };
        self.reported(add)
    }

    /// A report, and what follows it.
    fn reported(&self, add: TokenStream) -> TokenStream {
        if self.last { quote!(#add; break '__rsvc_size) } else { add }
    }

    /// The same as the arm of a `match`.
    fn arm(&self, add: TokenStream) -> TokenStream {
        if self.last { quote!({ #add; }) } else { add }
    }

    fn failed(&self) -> TokenStream {
        let (id, number) = (&self.check.id, self.at.number());
        let fail = self.reads().map_or_else(
            || quote!(fail(#number, #id, __rsvc_error)),
            |reads| quote!(fail_reading(#number, #reads, #id, __rsvc_error)),
        );
        quote!(::core::result::Result::Err(__rsvc_error) => __rsvc_out.#fail,)
    }

    /// Violated when the condition is `bad`.
    fn condition(&self, plan: &Plan, bad: bool) -> TokenStream {
        let (add, cx) = (self.add(), self.cx);
        if !plan.fallible {
            let text = match (&plan.op, bad) {
                (Op::Not(inner), false) => cel::condition(inner, cx),
                (_, true) => cel::condition(plan, cx),
                (_, false) => cel::negated(plan, cx),
            };
            return quote!(if #text { #add; });
        }
        let (result, failed, add) = (cel::result(plan, cx), self.failed(), self.arm(add));
        quote!(match #result {
            ::core::result::Result::Ok(#bad) => #add,
            ::core::result::Result::Ok(_) => {}
            #failed
        })
    }

    /// Violated when the text is not empty. A choice between texts is one between statements.
    fn text(&self, plan: &Plan) -> TokenStream {
        let Self { at, cx, .. } = self;
        let (out, number) = (at.out(), at.number());
        match &plan.op {
            Op::Const(Const::Str(text)) if text.is_empty() => TokenStream::new(),
            Op::ToOwned(inner) if !inner.borrows_temporary() => self.text(inner),
            Op::Conditional(cond, then, otherwise) => {
                let (then, otherwise) = (self.text(then), self.text(otherwise));
                if !cond.fallible {
                    if then.is_empty() {
                        let cond = cel::negated(cond, cx);
                        return quote!(if #cond { #otherwise });
                    }
                    let cond = cel::condition(cond, cx);
                    let otherwise = (!otherwise.is_empty()).then(|| quote!(else { #otherwise }));
                    return quote!(if #cond { #then } #otherwise);
                }
                let (cond, failed) = (cel::result(cond, cx), self.failed());
                quote!(match #cond {
                    ::core::result::Result::Ok(true) => { #then }
                    ::core::result::Result::Ok(false) => { #otherwise }
                    #failed
                })
            }
            Op::Const(Const::Str(text)) => {
                let rule = self.rule();
                let add = self.reported(quote!(#out.add_text(#number, #rule, #text)));
                quote!(#add;)
            }
            _ => {
                let rule = self.rule();
                let add = self.reported(quote!(#out.add_text(#number, #rule, __rsvc_text)));
                if !plan.fallible {
                    let text = cel::value(plan, cx);
                    return quote!({ let __rsvc_text = #text; if !__rsvc_text.is_empty() { #add; } });
                }
                let (text, failed) = (cel::result(plan, cx), self.failed());
                quote!(match #text {
                    ::core::result::Result::Ok(__rsvc_text) => if !__rsvc_text.is_empty() { #add; },
                    #failed
                })
            }
        }
    }
}
