//! Which tests reach which changes, and which of them notice one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::build::{Built, Program};
use super::memory::Memory;
use super::program::{End, watch};
use crate::process;

/// What tests may take for one change, by the time that they took without one: those that have noticed most changes first, then
/// the quick ones, then no more. The golden cases of the generator are one test, and not a quick one.
const BUDGET: Duration = Duration::from_mins(3);
/// How many tests run at once: the first that fails ends the others.
const AT_ONCE: usize = 40;
/// When tests are taken to hang: so long, and so many times what they took without a change.
const PATIENCE: Duration = Duration::from_mins(1);
const SLOWER: u32 = 10;

/// How many test programs run at once for each processor.
const PER_PROCESSOR: usize = 4;

/// The tests, and what each reaches.
pub(super) struct Tests {
    tests: Vec<Test>,
}

#[derive(Debug)]
struct Test {
    program: Program,
    name: String,
    time: Duration,
    reached: BTreeSet<usize>,
    /// How many changes it has noticed in this run: what notices one notices others as well.
    noticed: AtomicUsize,
}

impl Test {
    /// What is remembered of it.
    fn line(&self) -> String {
        let reached: Vec<_> = self.reached.iter().map(ToString::to_string).collect();
        let Program { path, folder } = &self.program;
        let (path, folder) = (path.display(), folder.display());
        format!("{}\t{path}\t{folder}\t{}\t{}", self.time.as_millis(), self.name, reached.join(" "))
    }

    fn read(line: &str) -> Result<Self> {
        let parts: Vec<_> = line.split('\t').collect();
        let &[time, path, folder, name, reached] = &parts[..] else { bail!("`{line}` is not a test") };
        Ok(Self {
            program: Program { path: path.into(), folder: folder.into() },
            name: name.to_owned(),
            time: Duration::from_millis(time.parse()?),
            reached: numbers(reached.split_whitespace())?,
            noticed: AtomicUsize::new(0),
        })
    }
}

fn numbers<'a>(texts: impl Iterator<Item = &'a str>) -> Result<BTreeSet<usize>> {
    texts.map(str::parse).collect::<std::result::Result<_, _>>().context("numbers of changes")
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Caught,
    Missed,
    Unreached,
    Timeout,
}

impl Verdict {
    /// What is remembered of one. A time limit says little, and is tried again.
    pub(super) fn line(self, change: &str) -> String {
        format!("{self:?} {change}")
    }

    /// What is known of a change.
    pub(super) fn known(memory: &Memory, change: &str) -> Option<Self> {
        [Self::Caught, Self::Missed, Self::Unreached].into_iter().find(|one| memory.has(&one.line(change)))
    }
}

/// Does this for all, a few for each processor at once: many tests wait for the clock.
pub(super) fn each<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let workers = PER_PROCESSOR * thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(all.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut done = thread::scope(|scope| {
        let run = || {
            let mut done = Vec::new();
            while let Some((at, one)) = next() {
                done.push((at, work(one)));
            }
            done
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(run)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker does not panic"))
            .collect::<Vec<_>>()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

impl Tests {
    /// Runs each test alone, without a change. Those that fail already are told and left out; what is in `memory` is known.
    pub(super) fn trace(built: &Built, scratch: &Path, memory: &Memory) -> Result<Self> {
        let mut names = Vec::new();
        for program in &built.programs {
            let mut command = Command::new(&program.path);
            let list =
                process::capture(command.args(["--list", "--format", "terse"]).current_dir(&program.folder))?;
            let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
            names.extend(tests.map(|name| (program.clone(), name.to_owned())));
        }
        let known: Vec<Test> = memory.lines().map(Test::read).collect::<Result<_>>()?;
        let mut known: BTreeMap<_, _> =
            known.into_iter().map(|test| ((test.program.clone(), test.name.clone()), test)).collect();
        let (mut tests, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            match known.remove(&name) {
                Some(test) => tests.push(test),
                None => unknown.push((unknown.len(), name)),
            }
        }
        fs::create_dir_all(scratch)?;
        let traced = each(unknown, |(number, (program, name))| {
            let file = scratch.join(format!("{number}.txt"));
            let traced = trace(program, name, &file)?;
            if let Ok(test) = &traced {
                memory.add(&test.line())?;
            }
            Ok::<_, anyhow::Error>(traced)
        });
        for test in traced {
            match test? {
                Ok(test) => tests.push(test),
                Err(name) => println!("left out, as it fails without a change: {name}"),
            }
        }
        Ok(Self { tests })
    }

    pub(super) fn summary(&self) -> String {
        let time: Duration = self.tests.iter().map(|test| test.time).sum();
        format!("{} tests, {} s one by one", self.tests.len(), time.as_secs())
    }

    /// Runs the tests that reach a change, until one fails. `module` is where the change is.
    pub(super) fn try_out(&self, number: usize, module: &str) -> Result<Verdict> {
        let mut tests: Vec<_> = self.tests.iter().filter(|test| test.reached.contains(&number)).collect();
        if tests.is_empty() {
            return Ok(Verdict::Unreached);
        }
        // Others count meanwhile: each is asked once.
        tests.sort_by_cached_key(|test| {
            let noticed = test.noticed.load(Ordering::Relaxed);
            (usize::MAX - nearness(&test.name, module), usize::MAX - noticed, test.time)
        });
        let mut time = Duration::ZERO;
        tests.retain(|test| {
            time += test.time;
            time <= BUDGET || time == test.time
        });
        for chunk in tests.chunks(AT_ONCE) {
            let mut programs: BTreeMap<&Program, Vec<&Test>> = BTreeMap::new();
            for test in chunk {
                programs.entry(&test.program).or_default().push(test);
            }
            for (program, tests) in programs {
                let verdict = run(number, program, tests)?;
                if verdict != Verdict::Missed {
                    return Ok(verdict);
                }
            }
        }
        Ok(Verdict::Missed)
    }
}

/// Whether these tests of a program notice a change.
fn run(number: usize, program: &Program, mut tests: Vec<&Test>) -> Result<Verdict> {
    while !tests.is_empty() {
        match first_failure(number, program, &tests)? {
            End::Passed => break,
            End::Hangs => return Ok(Verdict::Timeout),
            End::Died => return Ok(Verdict::Caught),
            End::Failed(name) => {
                // One that fails now and then has noticed nothing.
                let Some(at) = tests.iter().position(|test| test.name == name) else {
                    bail!("{} ran {name}, which nobody asked for", program.path.display());
                };
                let again = tests.remove(at);
                match first_failure(number, program, &[again])? {
                    End::Passed => {}
                    End::Hangs => return Ok(Verdict::Timeout),
                    End::Died | End::Failed(_) => {
                        again.noticed.fetch_add(1, Ordering::Relaxed);
                        return Ok(Verdict::Caught);
                    }
                }
            }
        }
    }
    Ok(Verdict::Missed)
}

/// Runs these tests with a change, until one fails.
fn first_failure(number: usize, program: &Program, tests: &[&Test]) -> Result<End> {
    let mut command = Command::new(&program.path);
    command.args(["--test-threads", "2", "--exact"]).args(tests.iter().map(|test| &test.name));
    command.env("MUTANT", number.to_string());
    let time: Duration = tests.iter().map(|test| test.time).sum();
    watch(&command, &program.folder, PATIENCE + time * SLOWER)
}

fn trace(program: Program, name: String, file: &Path) -> Result<std::result::Result<Test, String>> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    let start = Instant::now();
    let mut command = Command::new(&program.path);
    command.args(["--test-threads", "2", "--exact", &name]).env("MUTANTS_REACHED", file);
    if watch(&command, &program.folder, PATIENCE * SLOWER)? != End::Passed {
        return Ok(Err(name));
    }
    let time = start.elapsed();
    let text = if file.exists() { fs::read_to_string(file)? } else { String::new() };
    let reached = numbers(text.lines())?;
    Ok(Ok(Test { program, name, time, reached, noticed: AtomicUsize::new(0) }))
}

/// The module of a file of the runtime: `runtime/src/server/mod.rs` is `server`.
pub(super) fn module(file: &str) -> String {
    let path = file.split_once("/src/").map_or(file, |(_, path)| path);
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.replace('/', "::")
}

/// How many names the module of a change and the path of a test have in common at the front.
fn nearness(test: &str, module: &str) -> usize {
    test.split("::").zip(module.split("::")).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_done_in_its_order() {
        assert_eq!(
            each((0..100).collect(), |number| number * 2),
            (0..100).map(|n| n * 2).collect::<Vec<_>>()
        );
    }

    #[test]
    fn near_tests_share_the_module() {
        let module = module("runtime/src/server/limits/mod.rs");
        assert_eq!(module, "server::limits");
        assert_eq!(nearness("server::limits::tests::a", &module), 2);
        assert_eq!(nearness("server::web::tests::a", &module), 1);
        assert_eq!(nearness("limits::a", &module), 0);
    }

    #[test]
    fn what_was_found_out_is_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.txt");
        let memory = Memory::of(&path, "s").unwrap();
        for reached in [&[][..], &[3, 70]] {
            let test = Test {
                program: Program { path: "/a b".into(), folder: "/c".into() },
                name: "c::d".to_owned(),
                time: Duration::from_millis(7),
                reached: reached.iter().copied().collect(),
                noticed: AtomicUsize::new(0),
            };
            let read = Test::read(&test.line()).unwrap();
            assert_eq!((&read.program, &read.name, read.time), (&test.program, &test.name, test.time));
            assert_eq!(read.reached, test.reached);
        }
        Test::read("1 a b").unwrap_err();
        let verdicts = [Verdict::Caught, Verdict::Missed, Verdict::Unreached, Verdict::Timeout];
        for verdict in verdicts {
            memory.add(&verdict.line(&format!("a.rs:1:1: {verdict:?}"))).unwrap();
        }
        let memory = Memory::of(&path, "s").unwrap();
        let known = verdicts.map(|verdict| Verdict::known(&memory, &format!("a.rs:1:1: {verdict:?}")));
        assert_eq!(known, [Some(Verdict::Caught), Some(Verdict::Missed), Some(Verdict::Unreached), None]);
    }

    #[test]
    fn a_change_is_caught_by_a_test_that_fails_twice() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        // Change 1 fails always, change 2 the first time alone, change 3 never.
        let script = "#!/bin/sh\nif [ $MUTANT = 1 ]; then echo 'test a ... FAILED'; exit 101; fi\n\
            if [ $MUTANT = 2 ] && [ ! -e once ]; then touch once; echo 'test a ... FAILED'; exit 101; fi\n\
            echo 'test a ... ok'\n";
        fs::write(&program, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
        let program = Program { path: program, folder: folder.path().to_owned() };
        let test = Test {
            program,
            name: "a".to_owned(),
            time: Duration::ZERO,
            reached: [1, 2, 3].into(),
            noticed: AtomicUsize::new(0),
        };
        let tests = Tests { tests: vec![test] };
        let verdicts = [1, 2, 3, 4].map(|number| tests.try_out(number, "a").unwrap());
        assert_eq!(verdicts, [Verdict::Caught, Verdict::Missed, Verdict::Missed, Verdict::Unreached]);
        assert_eq!(tests.tests[0].noticed.load(Ordering::Relaxed), 1, "one that fails once notices nothing");
    }

    #[test]
    fn what_has_noticed_changes_comes_before_the_quick_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        // It fails, and says which test it was asked for first.
        let script = "#!/bin/sh\necho \"test $4 ... FAILED\"; exit 101\n";
        fs::write(&path, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, mode).unwrap();
        let program = Program { path, folder: folder.path().to_owned() };
        let test = |name: &str, time, noticed| Test {
            program: program.clone(),
            name: name.to_owned(),
            time,
            reached: [1].into(),
            noticed: AtomicUsize::new(noticed),
        };
        // The quick one alone would take what there is.
        let tests = vec![test("quick", BUDGET, 0), test("slow", 2 * BUDGET, 3)];
        let tests = Tests { tests };
        assert_eq!(tests.try_out(1, "a").unwrap(), Verdict::Caught);
        let noticed: Vec<_> = tests.tests.iter().map(|test| test.noticed.load(Ordering::Relaxed)).collect();
        assert_eq!(noticed, [0, 4]);
    }
}
