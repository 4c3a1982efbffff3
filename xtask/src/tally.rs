//! Reads the counts out of what test runners print.

use crate::report::Report;

/// A test that cannot run here says so in a line of its own, past libtest's capture.
const SKIPPED: &str = "skipped: ";

/// Counts of `cargo test`: the sum of its `test result:` lines, and every reason to skip.
pub(crate) fn cargo_test(lines: &[String]) -> Report {
    let mut report = Report::default();
    let mut runs = 0;
    for line in lines {
        if let Some(result) = line.strip_prefix("test result: ") {
            runs += 1;
            report.passed += number_before(result, " passed");
            report.failed += number_before(result, " failed");
            report.skipped += number_before(result, " ignored");
        } else if let Some(test) =
            line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"))
        {
            report.summary.push(format!("failed: {test}"));
        } else if let Some(reason) = line.strip_prefix(SKIPPED) {
            report.skipped += 1;
            report.reasons.push(reason.to_owned());
        }
    }
    report
        .summary
        .push(format!("cargo test: {} passed, {} failed, in {runs} runs", report.passed, report.failed));
    report
}

/// Counts of Python's `unittest -v`: its `Ran` line and the verdict after it. A reason of several tests is said once.
pub(crate) fn unittest(module: &str, lines: &[String]) -> Report {
    let ran = lines.iter().find_map(|line| line.strip_prefix("Ran ")).map_or(0, number_at_start);
    let verdict = lines.iter().rev().find(|line| line.starts_with("OK") || line.starts_with("FAILED"));
    let count = |key: &str| verdict.map_or(0, |line| number_after(line, key));
    let failed = count("failures=") + count("errors=") + count("unexpected successes=");
    let skipped = count("skipped=");
    let mut skips: Vec<(&str, Vec<&str>)> = Vec::new();
    for (test, reason) in lines.iter().filter_map(|line| line.split_once(" ... skipped ")) {
        let reason = reason.trim_matches(['\'', '"']);
        match skips.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, tests)) => tests.push(test),
            None => skips.push((reason, vec![test])),
        }
    }
    let reasons = skips
        .iter()
        .map(|(reason, tests)| match tests[..] {
            [test] => format!("{test}: {reason}"),
            _ => format!("{module}, {} tests: {reason}", tests.len()),
        })
        .collect();
    let passed = ran.saturating_sub(failed + skipped);
    let summary = vec![format!("{module}: {passed} passed, {failed} failed, {skipped} skipped")];
    Report { passed, failed, skipped, reasons, summary }
}

/// Counts of the attacks.
pub(crate) fn attacks(lines: &[String]) -> Report {
    claims("attacks", lines)
}

/// Counts of a program that says what holds: its last line, which begins with its name, everything that failed, and
/// every reason to skip.
pub(crate) fn claims(name: &str, lines: &[String]) -> Report {
    let mut report = Report::default();
    for line in lines {
        if let Some(counts) = line.strip_prefix(name).and_then(|line| line.strip_prefix(": ")) {
            report.passed = number_before(counts, " passed");
            report.failed = number_before(counts, " failed");
            report.skipped = number_before(counts, " skipped");
            report.summary.push(line.clone());
        } else if let Some(reason) = line.strip_prefix(SKIPPED) {
            report.reasons.push(reason.to_owned());
        } else if line.contains(" ... FAIL") {
            report.summary.push(line.clone());
        }
    }
    report
}

/// The number that stands right before `word`, 0 without one.
pub(crate) fn number_before(text: &str, word: &str) -> u64 {
    let Some(end) = text.find(word) else { return 0 };
    let start = text[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    text[start..end].parse().unwrap_or(0)
}

fn number_after(text: &str, key: &str) -> u64 {
    text.find(key).map_or(0, |at| number_at_start(&text[at + key.len()..]))
}

fn number_at_start(text: &str) -> u64 {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn sums_every_run_of_cargo_test() {
        let report = cargo_test(&lines(
            "running 2 tests\n\
             skipped: RSVC_SHARED is not set\n\
             test a::b ... FAILED\n\
             test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ));
        assert_eq!((report.passed, report.failed, report.skipped), (15, 2, 2));
        assert_eq!(report.reasons, ["RSVC_SHARED is not set"]);
        assert_eq!(report.summary, ["failed: a::b", "cargo test: 15 passed, 2 failed, in 2 runs"]);
    }

    #[test]
    fn reads_the_verdict_of_unittest() {
        let report = unittest(
            "test_x",
            &lines(
                "test_a (test_x.T.test_a) ... ok\n\
                 test_b (test_x.T.test_b) ... skipped 'no buf'\n\
                 Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)",
            ),
        );
        assert_eq!((report.passed, report.failed, report.skipped), (3, 3, 1));
        assert_eq!(report.reasons, ["test_b (test_x.T.test_b): no buf"]);
        let report = unittest(
            "test_x",
            &lines(
                "a ... skipped 'no'\nb ... skipped \"isn't\"\nc ... skipped 'no'\nRan 3 tests\nOK (skipped=3)",
            ),
        );
        assert_eq!(report.reasons, ["test_x, 2 tests: no", "b: isn't"]);
        let report = unittest("test_x", &lines("Ran 4 tests in 0.1s\n\nOK"));
        assert_eq!((report.passed, report.failed, report.skipped), (4, 0, 0));
    }

    #[test]
    fn reads_what_the_attacks_print() {
        let report = attacks(&lines(
            "3 pings/websocket ... FAIL: memory above 16 MiB (1.1 s): 134 MB taken\n\
             3 pings/http2 ... ok (1.0 s): closed\n\
             skipped: attack full-disk/rest-json: no right to mount\n\
             attacks: 12 passed, 1 failed, 1 skipped",
        ));
        assert_eq!((report.passed, report.failed, report.skipped), (12, 1, 1));
        assert_eq!(report.reasons, ["attack full-disk/rest-json: no right to mount"]);
        assert_eq!(report.summary.len(), 2);
    }

    #[test]
    fn a_runner_that_said_nothing_counts_nothing() {
        assert_eq!(cargo_test(&[]).passed, 0);
        assert_eq!(unittest("test_x", &lines("Traceback")).passed, 0);
    }
}
