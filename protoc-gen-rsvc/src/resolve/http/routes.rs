//! All path templates as one automaton: the subset construction over their segments.
//!
//! A path then costs one step a segment, however many templates there are and however they overlap.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::http::{Binding, Routes, Segment, State, Verb};
use crate::model::{MethodId, Schema};

/// More than any set of templates needs that people write; numbers of states are `u16`.
const MOST_STATES: usize = 20_000;

/// How far each template has come, as its place in the list and its number of segments taken.
type Progress = Vec<(usize, usize)>;

pub(super) fn resolve(schema: &Schema, sink: &mut Sink) -> Routes {
    let bindings = schema.methods.iter().flat_map(|(id, method)| {
        method.bindings.iter().enumerate().map(move |(index, binding)| ((id, index), binding))
    });
    let bindings: Vec<((MethodId, usize), &Binding)> = bindings.collect();
    let Some((_, first)) = bindings.first() else { return Routes::default() };
    let templates: Vec<_> = bindings.iter().map(|&(id, binding)| RouteTemplate::new(id, binding)).collect();
    if let Some(states) = automaton(&templates) {
        return Routes { states };
    }
    sink.push(
        Diagnostic::error(
            Code::HTTP_ROUTES,
            "the path templates overlap in too many ways to be matched in one pass",
        )
        .at(first.place.clone())
        .help("begin templates with text that tells them apart, as `/v1/users/...`, before their variables"),
    );
    Routes::default()
}

/// What the automaton is to know of a binding `B`.
struct RouteTemplate<B> {
    binding: B,
    /// Whether it takes any HTTP method, and so comes after those that name one.
    any: bool,
    segments: Vec<Segment>,
}

impl<B> RouteTemplate<B> {
    fn new(id: B, binding: &Binding) -> Self {
        let mut segments = binding.template.segments.clone();
        if segments.is_empty() {
            // The path `/` is one segment without text.
            segments.push(Segment::Literal(String::new()));
        }
        Self { binding: id, any: binding.verb == Verb::Any, segments }
    }

    /// Whether a path may end here.
    fn ends(&self, taken: usize) -> bool {
        matches!(self.segments.get(taken), None | Some(Segment::Rest))
    }
}

fn automaton<B: Copy>(templates: &[RouteTemplate<B>]) -> Option<Vec<State<B>>> {
    let start: Progress = (0..templates.len()).map(|template| (template, 0)).collect();
    let mut numbers: BTreeMap<Progress, usize> =
        BTreeMap::from([(Vec::new(), Routes::NOWHERE), (start.clone(), Routes::START)]);
    let mut states = vec![State { literals: BTreeMap::new(), other: Routes::NOWHERE, ends: Vec::new() }];
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(progress) = open.pop_front() {
        let mut state_after = |segment: Option<&str>| {
            let after = step(templates, &progress, segment);
            let next = numbers.len();
            *numbers.entry(after).or_insert_with_key(|after| {
                open.push_back(after.clone());
                next
            })
        };
        let other = state_after(None);
        let texts: BTreeSet<&str> = progress
            .iter()
            .filter_map(|&(template, taken)| match templates[template].segments.get(taken) {
                Some(Segment::Literal(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let literals = texts.into_iter().map(|text| (text.to_owned(), state_after(Some(text)))).collect();
        states.push(State { literals, other, ends: ends(templates, &progress) });
        if numbers.len() > MOST_STATES {
            return None;
        }
    }
    Some(states)
}

/// What is left after one more segment: this text, or one that no template names.
fn step<B>(templates: &[RouteTemplate<B>], progress: &Progress, segment: Option<&str>) -> Progress {
    let after =
        progress.iter().filter_map(|&(template, taken)| match templates[template].segments.get(taken)? {
            Segment::Literal(text) => (segment == Some(text.as_str())).then_some((template, taken + 1)),
            Segment::Single => Some((template, taken + 1)),
            Segment::Rest => Some((template, taken)),
        });
    after.collect()
}

fn ends<B: Copy>(templates: &[RouteTemplate<B>], progress: &Progress) -> Vec<B> {
    let ended = progress.iter().filter(|&&(template, taken)| templates[template].ends(taken));
    let mut ended: Vec<&RouteTemplate<B>> = ended.map(|&(template, _)| &templates[template]).collect();
    // Stable: among equals the first one in the file.
    ended.sort_by_key(|t| (&t.segments, t.any));
    ended.into_iter().map(|t| t.binding).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Few texts, so that templates overlap.
    fn segment() -> impl Strategy<Value = Segment> {
        prop_oneof![
            3 => "[ab]".prop_map(Segment::Literal),
            2 => Just(Segment::Single),
            1 => Just(Segment::Rest),
        ]
    }

    /// `**` only at the end.
    fn segments() -> impl Strategy<Value = Vec<Segment>> {
        prop::collection::vec(segment(), 1..5).prop_map(|mut segments| {
            if let Some(rest) = segments.iter().position(|s| *s == Segment::Rest) {
                segments.truncate(rest + 1);
            }
            segments
        })
    }

    /// By the grammar's own words, one segment after the other.
    fn takes(template: &[Segment], path: &[&str]) -> bool {
        match (template.split_first(), path.split_first()) {
            (Some((Segment::Rest, _)), _) | (None, None) => true,
            (Some((Segment::Literal(text), template)), Some((first, path))) => {
                text == first && takes(template, path)
            }
            (Some((Segment::Single, template)), Some((_, path))) => takes(template, path),
            _ => false,
        }
    }

    #[test]
    fn what_takes_any_method_comes_after_what_names_one() {
        let template = |binding, any, text: &str| RouteTemplate {
            binding,
            any,
            segments: vec![Segment::Literal(text.to_owned())],
        };
        let list = [
            template(0, true, "a"),
            template(1, false, "a"),
            template(2, true, "a"),
            template(3, false, "a"),
        ];
        let states = automaton(&list).expect("few states");
        let state = states[Routes::START].literals["a"];
        assert_eq!(states[state].ends, [1, 3, 0, 2]);
        // A closer template comes first, whatever it takes.
        let list = [
            RouteTemplate { binding: 0, any: false, segments: vec![Segment::Single] },
            template(1, true, "a"),
        ];
        let states = automaton(&list).expect("few states");
        let state = states[Routes::START].literals["a"];
        assert_eq!(states[state].ends, [1, 0]);
    }

    proptest! {
        #[test]
        fn finds_what_a_naive_matcher_finds(
            templates in prop::collection::vec(segments(), 1..12),
            path in prop::collection::vec("[abc]", 0..6),
        ) {
            let list: Vec<_> = (0..)
                .zip(&templates)
                .map(|(binding, segments)| RouteTemplate { binding, any: false, segments: segments.clone() })
                .collect();
            let states = automaton(&list).expect("few states");
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let state = path.iter().fold(Routes::START, |at, segment| {
                let state = &states[at];
                state.literals.get(*segment).copied().unwrap_or(state.other)
            });
            let mut expected: Vec<usize> =
                (0..templates.len()).filter(|i| takes(&templates[*i], &path)).collect();
            expected.sort_by_key(|i| &templates[*i]);
            prop_assert_eq!(&states[state].ends, &expected);
        }
    }
}
