//! Imports go one way: between the packages, and inside `shared`.

use crate::sources::{self, File, demand_none};

/// The packages of the workspace and those that each may depend on.
const PACKAGES: &[(&str, &[&str])] = &[
    ("shared", &[]),
    ("chassis", &["shared"]),
    ("clearinghouse", &["shared", "chassis"]),
    ("license-server", &["shared", "chassis"]),
    ("terminal-server", &["shared", "chassis"]),
    ("directory", &["shared", "chassis"]),
    ("client", &["shared", "chassis"]),
    ("simulation", &["shared", "chassis", "clearinghouse", "license-server", "terminal-server", "directory", "client"]),
    ("lab", &["shared", "chassis", "clearinghouse", "license-server", "terminal-server", "directory", "client", "simulation"]),
    ("tests", &["shared", "chassis", "clearinghouse", "license-server", "terminal-server", "directory", "client", "simulation", "lab"]),
    // No member of the workspace: it is built with another compiler.
    ("fuzz", &["shared", "chassis", "lab"]),
];

/// The rooms of `shared` and what each may see of the others.
const ROOMS: &[(&str, &[&str])] = &[
    ("dice", &[]),
    ("rulebook", &[]),
    ("model", &["rulebook"]),
    ("machine", &["dice", "model"]),
    ("policy", &["model", "rulebook"]),
    ("trust", &["model", "rulebook", "wire::problem"]),
    ("wire", &["model", "rulebook"]),
    // The registry's events name the serials and periods of the certificates that it grants.
    ("registry", &["dice", "machine", "model", "policy", "rulebook", "trust", "wire"]),
    ("ledger", &["dice", "machine", "model", "policy", "rulebook", "wire"]),
    ("node", &["dice", "machine", "model", "policy", "rulebook", "wire"]),
    ("directory", &["dice", "machine", "model", "policy", "rulebook", "wire"]),
];

/// Words of I/O, clocks, randomness and waiting, none of which belongs in `shared`.
const IMPURE: &[&str] = &[
    "tokio",
    "actix",
    "sled",
    "reqwest",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "now_utc",
    "now_local",
    "async fn",
    "OsRng",
    "SystemRandom",
    "thread_rng",
    "KeyPair::generate",
];

fn dependencies(manifest: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            names.extend(line.split(['.', '=', ' ']).next());
        }
    }
    names
}

fn package_faults(package: &str, manifest: &str) -> Vec<String> {
    let Some((_, allowed)) = PACKAGES.iter().find(|(name, _)| *name == package) else {
        return vec![format!("{package} has no line in the table of packages")];
    };
    let is_ours = |name: &&str| PACKAGES.iter().any(|(package, _)| package == name);
    let wrong = dependencies(manifest).into_iter().filter(is_ours).filter(|name| !allowed.contains(name));
    wrong.map(|name| format!("{package} must not depend on {name}")).collect()
}

fn room_faults(file: &File) -> Vec<String> {
    let Some(module) = module_of(&file.path) else { return Vec::new() };
    let Some(room) = module.first() else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
        return vec![format!("{}: {room} has no line in the table of rooms", file.path)];
    };
    let sees = |target: &str| target == room || allowed.iter().any(|allowed| target == *allowed || starts_path(target, allowed));
    let is_room = |target: &str| ROOMS.iter().any(|(name, _)| target.split("::").next() == Some(name));
    let wrong = targets(&code_of(&file.text), &module).into_iter().filter(|target| is_room(target) && !starts_path(target, room));
    wrong.filter(|target| !sees(target)).map(|target| format!("{}: {room} must not see {target}", file.path)).collect()
}

fn starts_path(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The module of a file of `shared`, from the crate's root; none for the root itself.
fn module_of(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix("shared/src/")?.strip_suffix(".rs")?;
    let module = inner.strip_suffix("/mod").unwrap_or(inner);
    (module != "lib").then(|| module.split('/').map(str::to_owned).collect())
}

/// What a file names through `crate::` and `super::`, from the crate's root, at most two segments deep.
fn targets(code: &str, module: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        found.extend(heads(&code[at + start.len()..]));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| !code[..*at].ends_with("super::")) {
        let mut rest = &code[at..];
        let mut ups = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            ups += 1;
        }
        let above = module[..module.len().saturating_sub(ups)].join("::");
        let under = |head: String| if above.is_empty() { head } else { format!("{above}::{head}") };
        found.extend(heads(rest).into_iter().map(under));
    }
    found
}

/// The paths that a path, or a braced list of paths, begins with.
fn heads(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('{') else { return vec![head(text)] };
    let mut depth = 1;
    let mut items = vec![String::new()];
    for letter in list.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (letter, depth) {
            (_, 0) => break,
            (',', 1) => items.push(String::new()),
            (_, _) => items.last_mut().unwrap().push(letter),
        }
    }
    items.iter().map(|item| head(item.trim())).filter(|head| !head.is_empty()).collect()
}

fn head(text: &str) -> String {
    let path: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
    path.split("::").filter(|segment| !segment.is_empty()).take(2).collect::<Vec<_>>().join("::")
}

/// The text without its comments.
fn code_of(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn impure_faults(file: &File) -> Vec<String> {
    let code = code_of(&file.text);
    let is_word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let found = IMPURE.iter().filter(|word| code.match_indices(**word).any(|(at, _)| is_word(at)));
    found.map(|word| format!("{}: {word} does not belong in shared", file.path)).collect()
}

fn shared_files() -> Vec<File> {
    sources::rust().into_iter().filter(|file| file.path.starts_with("shared/src/")).collect()
}

#[test]
fn packages_depend_one_way_only() {
    let manifests = sources::all().into_iter().filter_map(|file| {
        let package = file.path.strip_suffix("/Cargo.toml")?.to_owned();
        Some(package_faults(&package, &file.text))
    });
    demand_none("packages", &manifests.flatten().collect::<Vec<_>>());
}

#[test]
fn rooms_of_shared_see_one_way_only() {
    demand_none("rooms of shared", &shared_files().iter().flat_map(room_faults).collect::<Vec<_>>());
}

#[test]
fn shared_has_no_io_no_clock_and_no_chance() {
    demand_none("shared", &shared_files().iter().flat_map(impure_faults).collect::<Vec<_>>());
}

#[test]
fn a_service_that_depends_on_another_is_a_fault() {
    let manifest = "[package]\nname = \"license-server\"\n\n[dependencies]\nshared.workspace = true\nserde = \"1\"\n\n\
                    [dev-dependencies]\n# why\nclearinghouse = { path = \"../clearinghouse\" }\n\n[lints]\nlab = true\n";
    assert_eq!(package_faults("license-server", manifest), ["license-server must not depend on clearinghouse"]);
    assert_eq!(package_faults("lab", manifest), Vec::<String>::new());
    assert_eq!(package_faults("other", ""), ["other has no line in the table of packages"]);
}

#[test]
fn a_room_that_sees_a_higher_one_is_a_fault() {
    let faults = |path, text| room_faults(&File::new(path, text));
    assert_eq!(
        faults("shared/src/model/pack.rs", "use crate::policy::terms::Terms;"),
        ["shared/src/model/pack.rs: model must not see policy::terms"]
    );
    assert_eq!(
        faults("shared/src/policy/grace.rs", "use super::super::{node::Node, model::LabTime};"),
        ["shared/src/policy/grace.rs: policy must not see node::Node"]
    );
    assert_eq!(
        faults("shared/src/trust/mod.rs", "use crate::{model::{Cal, LabTime}, wire::{problem, common}};"),
        ["shared/src/trust/mod.rs: trust must not see wire"]
    );
    assert_eq!(faults("shared/src/odd.rs", ""), ["shared/src/odd.rs: odd has no line in the table of rooms"]);
}

#[test]
fn a_room_may_see_itself_its_neighbours_and_what_its_line_allows() {
    let clean = |path, text| assert_eq!(room_faults(&File::new(path, text)), Vec::<String>::new());
    clean("shared/src/node/decide.rs", "use super::Node;\nuse crate::policy::{device, user};\nuse crate::machine::Moment;");
    clean("shared/src/trust/token.rs", "use crate::wire::problem::Problem;\nuse crate::model::Cal;");
    clean("shared/src/model/pack.rs", "// crate::policy is above\nuse super::text::text_newtype;");
    clean("shared/src/lib.rs", "pub mod node;");
}

#[test]
fn a_clock_or_a_socket_in_shared_is_a_fault_but_not_in_a_comment() {
    let faults = |text| impure_faults(&File::new("shared/src/x.rs", text));
    assert_eq!(faults("use std::time::SystemTime;"), ["shared/src/x.rs: SystemTime does not belong in shared"]);
    assert_eq!(faults("use std::net::IpAddr;"), ["shared/src/x.rs: std::net does not belong in shared"]);
    assert_eq!(faults("//! No tokio, no sled.\nlet unsettled_tokiox = 1;"), Vec::<String>::new());
}
