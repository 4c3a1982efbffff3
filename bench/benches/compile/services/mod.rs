//! What 100 rpcs cost those who compile them, with this checkout and, side by side, with another one.

mod schema;
mod tree;

use std::path::Path;

use crate::cost::Time;
use crate::{ROOT, count, seconds};
use tree::{Part, Tree};

/// The name of the suite.
pub(crate) const NAME: &str = "services";

/// How often each crate is compiled.
const ROUNDS: usize = 3;

/// What a checkout takes.
struct Costs {
    lines: usize,
    check: Time,
    services: Time,
    program: Time,
    bytes: u64,
    /// The bytes of a program without the services.
    empty: u64,
}

/// Measures this checkout and another one.
pub(crate) fn measure(other: Option<&Path>) {
    println!("{NAME}: 100 rpcs in 20 services, 90 of them with REST; the program serves them");
    let path = |path: &Path| path.canonicalize().expect("the checkout is there");
    let mut trees = vec![Tree::new("this checkout".into(), "own", &path(Path::new(ROOT)))];
    trees.extend(other.map(|other| Tree::new(other.display().to_string(), "other", &path(other))));
    let costs = costs(&trees);
    let columns: Vec<_> = trees.iter().map(|tree| format!("{:>24}", tree.name)).collect();
    let ratio = if trees.len() > 1 { "   this / other" } else { "" };
    println!("{:28}{}{ratio}", "", columns.concat());
    row("lines", &costs, |costs| count(costs.lines as u64), |costs| costs.lines as f64);
    row("cargo check", &costs, |costs| seconds(costs.check), |costs| costs.check.processor);
    row("release build: services", &costs, |costs| seconds(costs.services), |costs| costs.services.processor);
    row("release build: program", &costs, |costs| seconds(costs.program), |costs| costs.program.processor);
    let both = |costs: &Costs| costs.services + costs.program;
    row("release build: both", &costs, |costs| seconds(both(costs)), |costs| both(costs).processor);
    row("bytes of the program", &costs, |costs| count(costs.bytes), |costs| costs.bytes as f64);
    row("bytes without services", &costs, |costs| count(costs.empty), |costs| costs.empty as f64);
    let added = |costs: &Costs| costs.bytes - costs.empty;
    row("bytes of the services", &costs, |costs| count(added(costs)), |costs| added(costs) as f64);
}

/// All costs, of checkouts that take turns: of several times the least has least of what else the machine does.
fn costs(trees: &[Tree]) -> Vec<Costs> {
    let least = |rounds: usize, part: Part, cargo: &[&str]| {
        let mut least = vec![Time::MAX; trees.len()];
        for _ in 0..rounds {
            for (least, tree) in least.iter_mut().zip(trees) {
                *least = least.min(tree.compile(part, cargo));
            }
        }
        println!("  cargo {} of {part:?}, {rounds} rounds", cargo.join(" "));
        least
    };
    let check = least(ROUNDS, Part::Services, &["check"]);
    let services = least(ROUNDS, Part::Services, &["build", "--release"]);
    let program = least(ROUNDS, Part::Program, &["build", "--release"]);
    least(1, Part::Empty, &["build", "--release"]);
    let times = check.into_iter().zip(services).zip(program);
    let costs = trees.iter().zip(times).map(|(tree, ((check, services), program))| Costs {
        lines: tree.lines(),
        check,
        services,
        program,
        bytes: tree.run(Part::Program),
        empty: tree.run(Part::Empty),
    });
    costs.collect()
}

fn row(name: &str, costs: &[Costs], show: impl Fn(&Costs) -> String, value: impl Fn(&Costs) -> f64) {
    let columns: Vec<_> = costs.iter().map(|costs| format!("{:>24}", show(costs))).collect();
    print!("{name:28}{}", columns.concat());
    if let [own, other] = costs {
        print!("   {:.3}", value(own) / value(other));
    }
    println!();
}
