//! Trees of public repositories, generated and type-checked with warnings as errors: the list is `xtask/trees.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::serve;
use crate::session::Session;

const LIST: &str = "xtask/trees.txt";

/// The test of the runtime that compares the routes of a tree with a matcher that tries every template.
const ROUTES_TEST: &str = "the_routes_of_a_tree_lead_where_a_naive_matcher_says";

/// One tree of the list.
#[derive(Debug, Default)]
struct Tree {
    name: String,
    commit: String,
    includes: Vec<PathBuf>,
    /// Repositories with a folder in them.
    with: Vec<(String, PathBuf)>,
    files: Vec<String>,
    skip: Vec<String>,
    options: Vec<String>,
    parts: Option<usize>,
    serve: Option<usize>,
    /// What is taken of the repository, where that is not all of it.
    part: Option<String>,
    /// Whether all routes are compared with a matcher that tries every template.
    routes: bool,
}

impl Tree {
    /// The repository, and what is taken of it.
    fn title(&self) -> String {
        match &self.part {
            None => self.name.clone(),
            Some(part) => format!("{}, {part}", self.name),
        }
    }

    /// Whether it is meant by a name: that of its repository or its title.
    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.title() == name
    }
}

/// What came of a tree.
#[derive(Debug, Default)]
struct Outcome {
    files: usize,
    lines: usize,
    generated: usize,
    crates: usize,
    generating: f64,
    checking: f64,
    failures: Vec<String>,
    served: Option<String>,
    routes: Option<String>,
}

/// Runs the trees of the list that are in `folder`, all or the named ones; whether all are generated and compile.
pub(crate) fn run(session: &Session, folder: &Path, names: &[String], generate_only: bool) -> Result<bool> {
    let list = fs::read_to_string(session.root().join(LIST)).context(LIST)?;
    let trees = read_list(&list)?;
    if let Some(unknown) = names.iter().find(|name| !trees.iter().any(|tree| tree.is_named(name))) {
        bail!("{LIST} has no tree `{unknown}`");
    }
    let generator = release_generator(session)?;
    println!("| repository | commit | files | lines | crates | generated lines | generating | checking |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut failures = Vec::new();
    let is_wanted = |tree: &&Tree| names.is_empty() || names.iter().any(|name| tree.is_named(name));
    for tree in trees.iter().filter(is_wanted) {
        let Some(root) = repository(folder, &tree.name) else {
            println!("skipped: {}: not in {}", tree.title(), folder.display());
            continue;
        };
        let run = TreeRun { session, generator: &generator, folder, root: &root, tree };
        let outcome = run.run(generate_only).with_context(|| tree.title())?;
        println!(
            "| {} | `{}` | {} | {} | {} | {} | {:.1} s | {:.0} s |",
            tree.title(),
            tree.commit.get(..10).unwrap_or(&tree.commit),
            outcome.files,
            outcome.lines,
            outcome.crates,
            outcome.generated,
            outcome.generating,
            outcome.checking
        );
        if let Some(served) = &outcome.served {
            println!("served: {served}");
        }
        if let Some(routes) = &outcome.routes {
            println!("routes: {routes}");
        }
        failures.extend(outcome.failures.into_iter().map(|text| format!("{}: {text}", tree.title())));
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    Ok(failures.is_empty())
}

fn release_generator(session: &Session) -> Result<PathBuf> {
    process::run(&mut session.cargo(["build", "--release", "--package", "protoc-gen-rsvc", "--bins"]))?;
    Ok(session.target("release/protoc-gen-rsvc"))
}

fn repository(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(name.replace('/', "+"))].into_iter().find(|path| path.is_dir())
}

fn read_list(text: &str) -> Result<Vec<Tree>> {
    let mut trees: Vec<Tree> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, value) = line.split_once(' ').with_context(|| format!("`{line}` has no value"))?;
        if word == "tree" {
            trees.push(Tree { name: value.to_owned(), ..Tree::default() });
            continue;
        }
        let tree = trees.last_mut().with_context(|| format!("`{line}` is of no tree"))?;
        match word {
            "commit" => value.clone_into(&mut tree.commit),
            "include" => tree.includes.push(value.into()),
            "with" => {
                let (name, folder) = value.split_once(' ').unwrap_or((value, "."));
                tree.with.push((name.to_owned(), folder.into()));
            }
            "file" => tree.files.push(value.to_owned()),
            "skip" => tree.skip.push(value.to_owned()),
            "opt" => tree.options.push(value.to_owned()),
            "parts" => tree.parts = Some(value.parse()?),
            "serve" => tree.serve = Some(value.parse()?),
            "part" => tree.part = Some(value.to_owned()),
            "routes" if value == "all" => tree.routes = true,
            _ => bail!("`{line}` begins with no word of the list"),
        }
    }
    Ok(trees)
}

struct TreeRun<'a> {
    session: &'a Session,
    generator: &'a Path,
    folder: &'a Path,
    root: &'a Path,
    tree: &'a Tree,
}

impl TreeRun<'_> {
    fn run(&self, generate_only: bool) -> Result<Outcome> {
        let mut includes: Vec<PathBuf> = self.tree.includes.iter().map(|path| self.root.join(path)).collect();
        let files = self.files(&includes)?;
        for (name, folder) in &self.tree.with {
            let root = repository(self.folder, name).with_context(|| format!("it needs {name}"))?;
            includes.push(root.join(folder));
        }
        let mut outcome = Outcome { files: files.len(), ..Outcome::default() };
        for (_, path) in &files {
            outcome.lines += fs::read_to_string(path)?.lines().count();
        }
        for part in parts(&files, self.tree.parts) {
            outcome.crates += 1;
            self.part(&part, &includes, generate_only, &mut outcome)?;
        }
        if self.tree.routes && outcome.failures.is_empty() {
            match self.compare_routes(&files, &includes) {
                Ok(counted) => outcome.routes = Some(counted),
                Err(error) => outcome.failures.push(format!("routes: {error:#}")),
            }
        }
        Ok(outcome)
    }

    /// Compares where the routes of all files lead with what a matcher says that tries every template; what it counted.
    fn compare_routes(&self, files: &[(String, PathBuf)], includes: &[PathBuf]) -> Result<String> {
        let model = self.session.target("trees/routes.txt");
        // Warnings of the generator are not looked at, here as when it generates.
        let output = self.generator("dump", files, includes).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("the model cannot be printed ({})", output.status);
        }
        fs::write(&model, output.stdout)?;
        let mut test =
            self.session.cargo(["test", "--quiet", "-p", "rsvc", "--all-features", "--lib", ROUTES_TEST]);
        let printed = process::capture(test.args(["--", "--nocapture"]).env("RSVC_ROUTES", &model))?;
        let counted = printed.lines().find(|line| line.contains(" routes, "));
        counted.map(str::to_owned).context("the test of the routes counted none")
    }

    /// The generator with a command, the options of the tree, and files of it.
    fn generator(&self, command: &str, files: &[(String, PathBuf)], includes: &[PathBuf]) -> Command {
        let mut generator = Command::new(self.generator);
        generator.arg(command);
        generator.args(includes.iter().flat_map(|include| [Path::new("-I"), include]));
        generator.args(self.tree.options.iter().flat_map(|option| ["--opt", option]));
        generator.args(files.iter().map(|(_, path)| path));
        generator
    }

    /// Names and paths, by name. The first folder that has a name is the one that counts.
    fn files(&self, includes: &[PathBuf]) -> Result<Vec<(String, PathBuf)>> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for include in includes {
            for name in protos(include)? {
                let among =
                    |prefixes: &[String]| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
                let wanted = self.tree.files.is_empty() || among(&self.tree.files);
                let skipped = among(&self.tree.skip);
                if wanted && !skipped && seen.insert(name.clone()) {
                    let path = include.join(&name);
                    found.push((name, path));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn part(
        &self,
        files: &[(String, PathBuf)],
        includes: &[PathBuf],
        generate_only: bool,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let home = self.session.target("trees/crate");
        let out = home.join("src/pb");
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        fs::create_dir_all(&out)?;
        // Of a tree that was served.
        let program = home.join("src/main.rs");
        if program.exists() {
            fs::remove_file(&program)?;
        }
        let mut command = self.generator("generate", files, includes);
        command.arg("--out").arg(&out);
        let start = Instant::now();
        let errors = errors(&mut command)?;
        outcome.generating += start.elapsed().as_secs_f64();
        outcome.failures.extend(errors);
        for entry in fs::read_dir(&out)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                outcome.generated += fs::read_to_string(path)?.lines().count();
            }
        }
        if generate_only || !outcome.failures.is_empty() {
            return Ok(());
        }
        fs::write(home.join("src/lib.rs"), "//! A tree.\n#![deny(warnings)]\n\npub mod pb;\n")?;
        let runtime = self.session.root().join("runtime");
        let manifest = format!(
            "[package]\nname = \"tree\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrsvc = {{ path = {:?} }}\n\n[workspace]\n",
            runtime.to_string_lossy()
        );
        fs::write(home.join("Cargo.toml"), manifest)?;
        fs::copy(self.session.root().join("Cargo.lock"), home.join("Cargo.lock"))?;
        let mut command = self.session.cargo(["check", "--quiet", "--offline", "--target-dir"]);
        command.arg(self.session.target("trees/target")).current_dir(&home).env("CARGO_INCREMENTAL", "0");
        let start = Instant::now();
        let errors = self::errors(&mut command)?;
        outcome.checking += start.elapsed().as_secs_f64();
        outcome.failures.extend(errors);
        if let Some(count) = self.tree.serve.filter(|_| outcome.failures.is_empty()) {
            serve::write_program(&home, &runtime, count)?;
            let mut command = self.session.cargo(["run", "--quiet", "--offline", "--target-dir"]);
            command.arg(self.session.target("trees/target")).current_dir(&home);
            outcome.served = Some(format!("{count} services: {}", serve::run(command)?));
        }
        Ok(())
    }
}

/// All `.proto` files below a folder, by their names from there.
fn protos(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).with_context(|| at.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                let name = path.strip_prefix(folder)?;
                found.push(name.to_str().context("a name that is not Unicode")?.replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Files that belong together stay together: a folder is not split unless it is larger than a part.
fn parts(files: &[(String, PathBuf)], most: Option<usize>) -> Vec<Vec<(String, PathBuf)>> {
    let Some(most) = most else { return vec![files.to_vec()] };
    let folder = |name: &str| name.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut parts: Vec<Vec<(String, PathBuf)>> = Vec::new();
    for group in files.chunk_by(|a, b| folder(&a.0) == folder(&b.0)) {
        match parts.last_mut() {
            Some(last) if last.len() + group.len() <= most => last.extend(group.iter().cloned()),
            _ => parts.push(group.to_vec()),
        }
    }
    parts
}

/// What a program says when it fails, as far as it is worth to be shown.
fn errors(command: &mut Command) -> Result<Option<String>> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("error") || line.contains("panicked")).collect();
    let shown = lines.iter().take(5).copied().collect::<Vec<_>>().join("\n    ");
    Ok(Some(format!("{} errors:\n    {shown}", lines.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        let session = Session::load().unwrap();
        let list = fs::read_to_string(session.root().join(LIST)).unwrap();
        let trees = read_list(&list).unwrap();
        assert!(trees.len() > 20);
        assert!(trees.iter().all(|tree| tree.commit.len() == 40 && !tree.includes.is_empty()));
    }

    #[test]
    fn folders_stay_together() {
        let files = ["a/1", "a/2", "b/1", "b/2", "b/3", "c/1"].map(|name| (name.to_owned(), PathBuf::new()));
        let sizes: Vec<usize> = parts(&files, Some(3)).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 3, 1]);
        assert_eq!(parts(&files, None).len(), 1);
    }
}
