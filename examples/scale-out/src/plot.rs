//! Latencies over time, as an SVG that needs nothing else.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in a picture, and small counts"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::load::Sample;
use crate::report::percentile;
use crate::script::Window;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 940.0;
/// The part with latencies, and the one with who has answered.
const LATENCY: (f64, f64) = (40.0, 300.0);
const ANSWERED: (f64, f64) = (340.0, 460.0);
const HEIGHT: f64 = 520.0;
/// What a point stands for.
const STEP: Duration = Duration::from_millis(500);
/// The scale of latencies, from and to, in milliseconds.
const SCALE: (f64, f64) = (0.5, 20_000.0);
const COLOURS: [&str; 8] =
    ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#997700"];

/// The whole picture.
pub(crate) fn svg(windows: &[Window], samples: &[Sample]) -> String {
    let end = windows.last().map_or(Duration::from_secs(1), |window| window.to).as_secs_f64();
    let x = |time: f64| LEFT + (RIGHT - LEFT) * (time / end).min(1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    for window in windows.iter().filter(|window| window.name != "rest") {
        let (from, to) = (x(window.from.as_secs_f64()), x(window.to.as_secs_f64()));
        let fill = if window.is_orderly { "#eef4ee" } else { "#fbeaea" };
        let (top, bottom) = (LATENCY.0, ANSWERED.1);
        add(
            &mut svg,
            format_args!(
                "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{}\" fill=\"{fill}\"/>",
                to - from,
                bottom - top
            ),
        );
        text(&mut svg, from + 3.0, top - 6.0, "start", window.name);
    }
    for ms in [1.0, 10.0, 100.0, 1000.0, 10_000.0] {
        let y = y(ms);
        add(
            &mut svg,
            format_args!(
                "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>"
            ),
        );
        text(
            &mut svg,
            LEFT - 6.0,
            y + 4.0,
            "end",
            &(if ms < 1000.0 { format!("{ms} ms") } else { format!("{} s", ms / 1000.0) }),
        );
    }
    let steps = steps(samples);
    for (percent, colour) in [(50, COLOURS[0]), (99, COLOURS[1])] {
        let points = steps.iter().map(|(step, calls)| {
            let mut times: Vec<_> = calls.iter().map(|call| call.took).collect();
            times.sort();
            (x(middle(*step)), y(percentile(&times, percent).as_secs_f64() * 1000.0))
        });
        line(&mut svg, points, colour);
        text(
            &mut svg,
            RIGHT - 8.0,
            LATENCY.0 + if percent == 50 { 30.0 } else { 15.0 },
            "end",
            &format!("p{percent}"),
        );
        let y = LATENCY.0 + if percent == 50 { 26.0 } else { 11.0 };
        add(
            &mut svg,
            format_args!(
                "<line x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                RIGHT - 60.0,
                RIGHT - 38.0
            ),
        );
    }
    for lost in samples.iter().filter(|sample| sample.failed.is_some()) {
        add(
            &mut svg,
            format_args!(
                "<circle cx=\"{:.1}\" cy=\"{}\" r=\"3\" fill=\"#000000\"/>",
                x(lost.begun.as_secs_f64()),
                LATENCY.1 + 8.0
            ),
        );
    }
    text(&mut svg, LEFT - 6.0, LATENCY.1 + 12.0, "end", "lost");
    answered(&mut svg, &steps, x);
    for second in (0..=end as u32).step_by(if end > 90.0 { 20 } else { 5 }) {
        text(&mut svg, x(f64::from(second)), ANSWERED.1 + 16.0, "middle", &format!("{second} s"));
    }
    svg + "</svg>\n"
}

/// A line for each shop: how many calls it has answered.
fn answered(svg: &mut String, steps: &BTreeMap<u32, Vec<&Sample>>, x: impl Fn(f64) -> f64) {
    let names: BTreeSet<_> = steps.values().flatten().filter_map(|call| call.instance.as_deref()).collect();
    let count = |calls: &[&Sample], name: &str| {
        calls.iter().filter(|c| c.instance.as_deref() == Some(name)).count() as f64
    };
    let most =
        steps.values().flat_map(|calls| names.iter().map(|name| count(calls, name))).fold(1.0, f64::max);
    for (index, name) in names.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points = steps.iter().map(|(step, calls)| {
            (x(middle(*step)), ANSWERED.1 - (ANSWERED.1 - ANSWERED.0) * count(calls, name) / most)
        });
        line(svg, points, colour);
        let at = LEFT + 100.0 * index as f64;
        add(
            svg,
            format_args!(
                "<rect x=\"{at}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
                HEIGHT - 24.0
            ),
        );
        text(svg, at + 14.0, HEIGHT - 15.0, "start", name);
    }
    text(svg, LEFT - 6.0, ANSWERED.0 + 10.0, "end", "answers");
}

/// The calls that were begun in each step.
fn steps(samples: &[Sample]) -> BTreeMap<u32, Vec<&Sample>> {
    let mut steps: BTreeMap<u32, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        let step = (sample.begun.as_secs_f64() / STEP.as_secs_f64()) as u32;
        steps.entry(step).or_default().push(sample);
    }
    steps
}

/// The time that a step stands for, in seconds.
fn middle(step: u32) -> f64 {
    (f64::from(step) + 0.5) * STEP.as_secs_f64()
}

/// The place of a latency, on a logarithmic scale.
fn y(ms: f64) -> f64 {
    let part = (ms.clamp(SCALE.0, SCALE.1) / SCALE.0).ln() / (SCALE.1 / SCALE.0).ln();
    LATENCY.1 - (LATENCY.1 - LATENCY.0) * part
}

fn line(svg: &mut String, points: impl Iterator<Item = (f64, f64)>, colour: &str) {
    let points: Vec<_> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    add(
        svg,
        format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            points.join(" ")
        ),
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    add(
        svg,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333333\">{text}</text>"
        ),
    );
}

fn add(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect("text takes all");
}
