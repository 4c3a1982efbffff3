//! Which files' names can be used in a file: its own, those of its imports, and of what these import publicly.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::raw;
use crate::sorted;

/// Above so many ways through public imports, prost-reflect, which walks each of them, would take too long.
const MAX_WAYS: u64 = 1_000_000;

/// For each file the indices of all that it sees. Files come in the order of imports.
///
/// prost-reflect follows public imports over one step only. What it would miss is added as an import.
pub(super) fn compute(files: &mut [raw::File], sink: &mut Sink) -> Vec<HashSet<usize>> {
    let index: HashMap<String, usize> =
        files.iter().enumerate().map(|(i, f)| (f.name().to_owned(), i)).collect();
    // What importing a file brings: itself and its public imports, all the way.
    let mut brings: Vec<Vec<usize>> = Vec::with_capacity(files.len());
    let mut ways: Vec<u64> = Vec::with_capacity(files.len());
    let mut all = Vec::with_capacity(files.len());
    for this in 0..files.len() {
        let file = &files[this];
        // An import that is not yet in `brings` would be one against the order: none gets here.
        let imports: Vec<usize> =
            file.dependency.iter().filter_map(|d| index.get(d).copied()).filter(|&i| i < this).collect();
        let is_public =
            |number: usize| i32::try_from(number).is_ok_and(|n| file.public_dependency.contains(&n));
        let public: Vec<usize> = file
            .dependency
            .iter()
            .enumerate()
            .filter(|(number, _)| is_public(*number))
            .filter_map(|(_, name)| index.get(name).copied())
            .filter(|&i| i < this)
            .collect();
        let mut seen: HashSet<usize> = HashSet::from([this]);
        seen.extend(imports.iter().flat_map(|&i| brings[i].iter().copied()));
        let mut own = vec![this];
        own.extend(public.iter().flat_map(|&i| brings[i].iter().copied()));
        sorted::sort(&mut own);
        own.dedup();
        let sum = |of: &[usize]| of.iter().fold(1_u64, |sum, &i| sum.saturating_add(ways[i]));
        if sum(&imports) > MAX_WAYS {
            let text = "too many ways through public imports";
            sink.push(Diagnostic::error(Code::UNSUPPORTED, text).at(Place::file(file.name())));
        }
        let (ways_here, missing) = (sum(&public), missing(files, &index, this, &imports, &seen));
        brings.push(own);
        ways.push(ways_here);
        files[this].dependency.extend(missing);
        all.push(seen);
    }
    all
}

/// Names of files that are seen but lie more than one public import away.
fn missing(
    files: &[raw::File],
    index: &HashMap<String, usize>,
    this: usize,
    imports: &[usize],
    seen: &HashSet<usize>,
) -> Vec<String> {
    let mut near: HashSet<usize> = imports.iter().copied().collect();
    near.insert(this);
    for &import in imports {
        let file = &files[import];
        for number in &file.public_dependency {
            let name = usize::try_from(*number).ok().and_then(|n| file.dependency.get(n));
            near.extend(name.and_then(|name| index.get(name)));
        }
    }
    let mut far: Vec<String> = seen.difference(&near).map(|&i| files[i].name().to_owned()).collect();
    sorted::sort(&mut far);
    far
}
