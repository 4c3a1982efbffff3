//! Every message of the golden cases, of the shop and of protovalidate's cases, with what makes samples of it.

use rsvc::sample::Sample;

#[allow(missing_docs)]
#[path = "../../goldens/src/third.rs"]
pub mod third;

/// A message.
#[derive(Debug)]
pub struct Row {
    /// Where it is defined: a golden case, the shop, protovalidate.
    pub tree: &'static str,
    /// Its full name.
    pub name: &'static str,
    /// The example that the generator gives, in JSON.
    pub example: Option<&'static str>,
    /// Reads the example, and validates it.
    pub read: fn(&str) -> Result<(), String>,
    /// The samples of some seeds, in JSON, or why there is none.
    pub samples: fn(u64) -> Result<String, String>,
    /// Invalid samples: what is wrong by their own word, and by that of the validation.
    pub invalid: fn(u64) -> Vec<(String, String)>,
}

impl Row {
    const fn of<T: Sample>(tree: &'static str, name: &'static str, example: Option<&'static str>) -> Self {
        Self { tree, name, example, read: read::<T>, samples: sample::<T>, invalid: invalid::<T> }
    }
}

fn read<T: Sample>(text: &str) -> Result<(), String> {
    let message: T = rsvc::json::from_str(text).map_err(|error| error.to_string())?;
    message.validate().map_err(|violations| violations.to_string())
}

fn sample<T: Sample>(seed: u64) -> Result<String, String> {
    let message = T::try_sample(seed).map_err(|error| error.to_string())?;
    message.validate().map_err(|violations| format!("it is not valid: {violations}"))?;
    rsvc::json::to_string(&message).map_err(|error| error.to_string())
}

fn invalid<T: Sample>(seed: u64) -> Vec<(String, String)> {
    let found = T::invalid_samples(seed).into_iter().map(|invalid| {
        let said = format!("{} {}", invalid.field, invalid.rule);
        let violations = invalid.message.validate().expect_err("it is invalid");
        let real: Vec<String> =
            violations.iter().map(|one| format!("{} {}", one.field(), one.rule_id())).collect();
        (said, real.join(", "))
    });
    found.collect()
}

include!(concat!(env!("OUT_DIR"), "/all.rs"));
