//! A server with many services of a tree, none of which does anything: that it starts, and that each is reached.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A service in the code that was generated for it.
struct Generated {
    /// The path of its trait.
    path: String,
    /// A request that leads to one of its methods.
    request: Option<String>,
}

/// Makes the crate in `home`, whose code is in `src/pb`, a program that serves `count` services, of other packages each
/// as far as there are so many.
pub(crate) fn write_program(home: &Path, runtime: &Path, count: usize) -> Result<()> {
    let mut packages: Vec<_> = fs::read_dir(home.join("src/pb"))?.collect::<Result<_, _>>()?;
    packages.sort_by_key(fs::DirEntry::file_name);
    let mut services = Vec::new();
    for package in packages {
        let name = package.file_name().into_string().map_err(|name| anyhow::anyhow!("{}", name.display()))?;
        if let Some(package) =
            name.strip_suffix(".rs").filter(|name| !matches!(*name, "mod" | "_descriptors"))
        {
            let code = fs::read_to_string(home.join("src/pb").join(&name))?;
            services.extend(services_in(package, &code).into_iter().enumerate());
        }
    }
    // The first one of each package, then the second ones.
    services.sort_by_key(|(index, _)| *index);
    if services.len() < count {
        bail!("there are only {} services", services.len());
    }
    services.truncate(count);
    let mut program = String::from("#![deny(warnings)]\n\nstruct Nothing;\n\n");
    for (_, service) in &services {
        writeln!(program, "impl {} for Nothing {{}}", service.path)?;
    }
    let mut adds = String::new();
    for (_, service) in &services {
        writeln!(adds, "        .add({}Server::new(Nothing))", service.path)?;
    }
    let requests: Vec<_> = services.iter().filter_map(|(_, service)| service.request.as_deref()).collect();
    write!(program, "\nconst REQUESTS: &[&str] = &{requests:?};\n")?;
    program.push_str(&MAIN.replace("        .add_all()\n", &adds));
    fs::write(home.join("src/main.rs"), program)?;
    let manifest = format!(
        "[package]\nname = \"tree\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrsvc = {{ path = {:?} }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n[workspace]\n",
        runtime.to_string_lossy()
    );
    Ok(fs::write(home.join("Cargo.toml"), manifest)?)
}

/// Runs it; what it says.
pub(crate) fn run(mut command: Command) -> Result<String> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        bail!("the server failed: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    text.lines().last().map(str::to_owned).context("the server said nothing")
}

fn services_in(package: &str, code: &str) -> Vec<Generated> {
    // Any name may have it, and one that is a word of Rust needs it.
    let module = package.split('.').fold("tree::pb".to_owned(), |path, part| format!("{path}::r#{part}"));
    let mut services = Vec::new();
    // The bindings of a service stand before its server.
    let mut template = None;
    let mut verb = String::new();
    for line in code.lines().map(str::trim) {
        let text = line.strip_prefix('"').and_then(|line| line.strip_suffix("\","));
        match text {
            Some(text) if text.starts_with('/') && !verb.is_empty() => {
                template.get_or_insert_with(|| format!("{verb} {}", path_of(text)));
                verb.clear();
            }
            Some("GET" | "POST" | "PUT" | "PATCH" | "DELETE") => {
                text.unwrap_or_default().clone_into(&mut verb);
            }
            _ => {}
        }
        let server = line.strip_prefix("pub struct ").and_then(|line| line.strip_suffix("Server<T> {"));
        if let Some(name) = server {
            services.push(Generated { path: format!("{module}::{name}"), request: template.take() });
        }
    }
    services
}

/// A path that a template takes.
fn path_of(template: &str) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, variable)) = rest.split_once('{') {
        let (variable, after) = variable.split_once('}').unwrap_or((variable, ""));
        path.push_str(before);
        path.push_str(&variable.split_once('=').map_or("x", |(_, pattern)| pattern).replace('*', "x"));
        rest = after;
    }
    path + rest
}

const MAIN: &str = r#"
fn ask(address: std::net::SocketAddr, request: &str) -> std::io::Result<String> {
    use std::io::{BufRead, Write};
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(stream, "{request} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let begin = std::time::Instant::now();
    let server = rsvc::Server::new()
        .add_all()
        ;
    let bound = server.bind("127.0.0.1:0").await?;
    let (took, address) = (begin.elapsed(), bound.local_addr());
    tokio::spawn(bound.serve());
    let failed = tokio::task::spawn_blocking(move || {
        let reached = |request: &&&str| ask(address, request).is_ok_and(|line| line.contains(" 501 "));
        REQUESTS.iter().filter(|request| !reached(request)).copied().collect::<Vec<_>>()
    });
    let failed = failed.await?;
    if !failed.is_empty() {
        return Err(format!("not reached: {failed:?}").into());
    }
    println!("started in {took:.1?}, {} requests reached their methods", REQUESTS.len());
    Ok(())
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_with_a_request() {
        let code = "    Binding::new(\n        0,\n        \"GET\",\n        \"/v1/{name=a/*}/b:go\",\n    )\n\
                    pub struct UsersServer<T> {\npub struct OthersServer<T> {\n";
        let found: Vec<_> = services_in("a.type.v1", code)
            .into_iter()
            .map(|service| (service.path, service.request.unwrap_or_default()))
            .collect();
        let expected = [
            ("tree::pb::r#a::r#type::r#v1::Users", "GET /v1/a/x/b:go"),
            ("tree::pb::r#a::r#type::r#v1::Others", ""),
        ];
        assert_eq!(found, expected.map(|(path, request)| (path.to_owned(), request.to_owned())));
        assert_eq!(path_of("/v1/{a}/{b=**}"), "/v1/x/xx");
    }
}
