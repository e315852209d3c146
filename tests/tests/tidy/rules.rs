//! docs/RULES.md: every rule with its status, its functions and the tests that name it.

use std::collections::BTreeSet;
use std::fmt::Write;

use shared::rulebook::{self, FAMILIES, Family, Rule, Status, VECTORS, Vector, rule};

use crate::sources::{self, File};
use crate::tags::{self, Kind, Tag};

const HEAD: &str = "# Rules

Every rule of the lab by its id: what it says, how far it is built, and the functions that decide it. The ids are the vocabulary of the
project: a decision's trace, a problem and a test all name rules by them. `tsl rule PD-06` tells one in full; the tests that prove each are on
[a page of their own](RULE-TESTS.md).

This page is made from `shared/src/rulebook/`; after a change run `UPDATE_DOCS=1 cargo test -p tests --test tidy`.

* **working**: in the code, and a test proves it.
* **later**: planned, not built yet.
* **explained**: decides nothing; it is told where a reader needs it.
* **history**: only about the past; nothing to build.
* **needs Windows**: cannot be shown without a component of Windows.
";

const TESTS_HEAD: &str = "# Tests of the rules

The tests that name each rule and each vector; what the rules say stands in [RULES.md](RULES.md).

This page is made from the doc comments of the tests; after a change run `UPDATE_DOCS=1 cargo test -p tests --test tidy`.
";

fn page(families: &[Family], vectors: &[Vector]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(&summary(families, vectors));
    for family in families {
        write!(page, "\n## {}: {}\n\n| rule | says | status | code |\n| --- | --- | --- | --- |\n", family.prefix, family.title).unwrap();
        for rule in family.rules {
            writeln!(page, "| {} | {} | {} | {} |", rule.id, cell(rule.says), rule.status.word(), code_cell(rule)).unwrap();
        }
    }
    page.push_str("\n## Scenario vectors\n\n| vector | what happens | status |\n| --- | --- | --- |\n");
    for vector in vectors {
        writeln!(page, "| {} | {} | {} |", vector.id, cell(vector.says), vector.status.word()).unwrap();
    }
    page
}

fn tests_page(families: &[Family], vectors: &[Vector], tags: &[Tag]) -> String {
    let mut page = TESTS_HEAD.to_owned();
    for family in families {
        write!(page, "\n## {}: {}\n", family.prefix, family.title).unwrap();
        family.rules.iter().for_each(|rule| page.push_str(&tests_of(Kind::Rule, rule.id.as_str(), tags)));
    }
    page.push_str("\n## Scenario vectors\n");
    vectors.iter().for_each(|vector| page.push_str(&tests_of(Kind::Vector, vector.id, tags)));
    page
}

/// What shows a rule, as `tsl rule` reads it: a line a rule, with the vectors of the tests that name it and the pages that do.
fn shown(families: &[Family], vectors: &[Vector], tags: &[Tag], pages: &[File]) -> String {
    let mut text = String::new();
    for rule in families.iter().flat_map(|family| family.rules) {
        let tests: BTreeSet<(&str, &str)> = naming(Kind::Rule, rule.id.as_str(), tags).collect();
        let is_shown = |vector: &&Vector| naming(Kind::Vector, vector.id, tags).any(|test| tests.contains(&test));
        let vectors: Vec<_> = vectors.iter().filter(is_shown).map(|vector| vector.id).collect();
        let pages: Vec<_> = pages.iter().filter(|page| names(&page.text, rule.id.as_str())).map(|page| page.path.as_str()).collect();
        writeln!(text, "{}\t{}\t{}", rule.id, vectors.join(" "), pages.join(" ")).unwrap();
    }
    text
}

fn naming<'a>(kind: Kind, id: &'a str, tags: &'a [Tag]) -> impl Iterator<Item = (&'a str, &'a str)> {
    tags.iter().filter(move |tag| tag.kind == kind && tag.id == id).map(|tag| (tag.file.as_str(), tag.test.as_str()))
}

/// Whether a text names an id, and not a longer one that begins or ends with it.
fn names(text: &str, id: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    text.match_indices(id)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + id.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

fn summary(families: &[Family], vectors: &[Vector]) -> String {
    let mut text = "\n| status | rules | vectors |\n| --- | --- | --- |\n".to_owned();
    for status in Status::ALL {
        let rules = families.iter().flat_map(|family| family.rules).filter(|rule| rule.status == status).count();
        let vectors = vectors.iter().filter(|vector| vector.status == status).count();
        writeln!(text, "| {} | {rules} | {vectors} |", status.word()).unwrap();
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code_cell(rule: &Rule) -> String {
    let show = |path: &&str| match path.strip_prefix("docs/") {
        Some(page) => format!("[{path}]({page})"),
        None if is_page(path) => format!("[{path}](../{path})"),
        None => format!("`{path}`"),
    };
    rule.code.iter().map(show).collect::<Vec<_>>().join("<br>")
}

/// An id and its tests, a line a test.
fn tests_of(kind: Kind, id: &str, tags: &[Tag]) -> String {
    let tests: BTreeSet<(&str, &str)> = naming(kind, id, tags).collect();
    let mut text = format!("\n**{id}**\n");
    for (file, test) in tests {
        writeln!(text, "* [`{test}`](../{file})").unwrap();
    }
    text
}

/// Ids that tests name and no table knows.
fn unknown_ids(families: &[Family], vectors: &[Vector], tags: &[Tag]) -> Vec<String> {
    let rules: BTreeSet<&str> = families.iter().flat_map(|family| family.rules).map(|rule| rule.id.as_str()).collect();
    let vectors: BTreeSet<&str> = vectors.iter().map(|vector| vector.id).collect();
    let mut faults = Vec::new();
    for tag in tags {
        let (known, what) = match tag.kind {
            Kind::Rule => (&rules, "rule"),
            Kind::Vector => (&vectors, "vector"),
        };
        if !known.contains(tag.id.as_str()) {
            faults.push(format!("{}: {} names {what} {}, which does not exist", tag.file, tag.test, tag.id));
        }
    }
    faults
}

/// Working rules without code or without a test, working vectors without a test.
fn unproved(families: &[Family], vectors: &[Vector], tags: &[Tag]) -> Vec<String> {
    let named = |kind: Kind, id: &str| tags.iter().any(|tag| tag.kind == kind && tag.id == id);
    let mut faults = Vec::new();
    for rule in families.iter().flat_map(|family| family.rules).filter(|rule| rule.status == Status::Working) {
        if rule.code.is_empty() {
            faults.push(format!("{} is working but names no function", rule.id));
        }
        if !named(Kind::Rule, rule.id.as_str()) {
            faults.push(format!("{} is working but no test names it", rule.id));
        }
    }
    for vector in vectors.iter().filter(|vector| vector.status == Status::Working && !named(Kind::Vector, vector.id)) {
        faults.push(format!("vector {} is working but no test names it", vector.id));
    }
    faults
}

/// Code paths of the table that lead nowhere.
fn lost_code(families: &[Family], files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in families.iter().flat_map(|family| family.rules) {
        for path in rule.code {
            if !leads_somewhere(path, files) {
                faults.push(format!("{}: {path} does not exist", rule.id));
            }
        }
    }
    faults
}

fn is_page(path: &str) -> bool {
    path.ends_with(".md")
}

/// Whether a page of that path, or an item of that name in the module's file, is there.
fn leads_somewhere(path: &str, files: &[File]) -> bool {
    if is_page(path) {
        return files.iter().any(|file| file.path == path);
    }
    let mut segments: Vec<&str> = path.split("::").collect();
    let Some(item) = segments.pop() else { return false };
    // A method's path names its type before it; the text of the module's file is searched either way.
    if segments.last().is_some_and(|segment| segment.starts_with(char::is_uppercase)) {
        segments.pop();
    }
    let homes = module_files(&segments);
    files.iter().filter(|file| homes.contains(&file.path)).any(|file| declares(&file.text, item))
}

fn module_files(segments: &[&str]) -> Vec<String> {
    let Some((package, modules)) = segments.split_first() else { return Vec::new() };
    let folder = format!("{}/src", package.replace('_', "-"));
    if modules.is_empty() {
        return ["lib.rs", "main.rs"].map(|file| format!("{folder}/{file}")).to_vec();
    }
    let module = modules.join("/");
    vec![format!("{folder}/{module}.rs"), format!("{folder}/{module}/mod.rs")]
}

fn declares(text: &str, item: &str) -> bool {
    let starts: &[&str] = match item.chars().next() {
        Some(first) if first.is_uppercase() => &["struct ", "enum ", "const ", "static ", "trait "],
        Some(_) | None => &["fn "],
    };
    let ends = |rest: &str| rest.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '_');
    starts.iter().any(|start| text.match_indices(&format!("{start}{item}")).any(|(at, found)| ends(&text[at + found.len()..])))
}

fn all_tags() -> (Vec<Tag>, Vec<String>) {
    // This binary's own fixtures look like tests that name rules.
    let files = sources::rust().into_iter().filter(|file| !file.path.starts_with("tests/tests/tidy/"));
    let (tags, faults): (Vec<_>, Vec<_>) = files.map(|file| tags::tags(&file)).unzip();
    (tags.concat(), faults.concat())
}

#[test]
fn rules_page_shows_the_rule_book_and_the_tests_of_today() {
    sources::keep("docs/RULES.md", &page(FAMILIES, VECTORS));
    sources::keep("docs/RULE-TESTS.md", &tests_page(FAMILIES, VECTORS, &all_tags().0));
}

/// What `tsl rule` shows.
#[test]
fn what_shows_a_rule_is_what_tests_and_pages_name_today() {
    let told = |file: &File| file.path == "README.md" || (file.path.starts_with("docs/") && !file.path.starts_with("docs/RULE"));
    let pages: Vec<File> = sources::all().into_iter().filter(|file| file.path.ends_with(".md") && told(file)).collect();
    sources::keep("lab/src/shown.tsv", &shown(FAMILIES, VECTORS, &all_tags().0, &pages));
}

#[test]
fn a_rule_is_shown_by_the_vectors_of_its_tests_and_by_pages_that_name_it() {
    let families = fixture(Status::Working, &[]);
    let tags = [tag(Kind::Rule, "AC-01"), tag(Kind::Vector, "Z-01")];
    let pages = [File::new("docs/A.md", "by AC-01, it says"), File::new("docs/B.md", "AC-011 and XAC-01")];
    assert_eq!(shown(&families, &VECTOR, &tags, &pages), "AC-01\tZ-01\tdocs/A.md\n");
    let other = [tag(Kind::Rule, "AC-01"), Tag { test: "another".to_owned(), ..tag(Kind::Vector, "Z-01") }];
    assert_eq!(shown(&families, &VECTOR, &other, &[]), "AC-01\t\t\n");
}

#[test]
fn tests_name_only_ids_that_exist() {
    let (tags, mut faults) = all_tags();
    faults.extend(unknown_ids(FAMILIES, VECTORS, &tags));
    sources::demand_none("ids named by tests", &faults);
}

#[test]
fn strict_code_that_the_rule_book_names_exists() {
    sources::demand_none("code of rules", &lost_code(FAMILIES, &sources::all()));
}

#[test]
fn strict_working_rules_and_vectors_have_code_and_tests() {
    sources::demand_none("working rules", &unproved(FAMILIES, VECTORS, &all_tags().0));
}

#[test]
fn rule_book_stands_in_the_order_of_its_numbers() {
    for family in FAMILIES {
        let number = |rule: &Rule| {
            let number = rule.id.as_str().strip_prefix(family.prefix).and_then(|rest| rest.strip_prefix('-'));
            number.and_then(|number| number.parse::<u32>().ok()).unwrap_or_else(|| panic!("{} is not of {}", rule.id, family.prefix))
        };
        assert!(family.rules.is_sorted_by(|a, b| number(a) < number(b)), "{} is out of order", family.prefix);
    }
    let ids: BTreeSet<&str> = VECTORS.iter().map(|vector| vector.id).collect();
    assert_eq!(ids.len(), VECTORS.len(), "a vector stands twice");
    assert_eq!(rulebook::find("PD-06").map(|rule| rule.id), Some(rule::PD_06));
}

#[test]
fn rule_book_speaks_in_one_line_that_ends_like_a_sentence() {
    let lines = rulebook::rules().map(|rule| (rule.id.as_str(), rule.says)).chain(VECTORS.iter().map(|vector| (vector.id, vector.says)));
    let bad = lines.filter(|(_, says)| says.chars().count() > 130 || says.contains('\n') || !says.ends_with('.'));
    sources::demand_none("lines of the rule book", &bad.map(|(id, says)| format!("{id}: {says}")).collect::<Vec<_>>());
}

fn fixture(status: Status, code: &'static [&'static str]) -> [Family; 1] {
    let rules: &'static [Rule] = Vec::leak(vec![Rule { id: rule::AC_01, says: "Either a | or nothing.", status, code }]);
    [Family { prefix: "AC", title: "Fixtures", rules }]
}

fn tag(kind: Kind, id: &str) -> Tag {
    Tag { kind, id: id.to_owned(), test: "so_it_is".to_owned(), file: "tests/tests/x.rs".to_owned() }
}

const VECTOR: [Vector; 1] = [Vector { id: "Z-01", says: "Something.", status: Status::Working }];

#[test]
fn a_working_rule_without_code_or_test_is_a_fault() {
    let families = fixture(Status::Working, &[]);
    assert_eq!(
        unproved(&families, &VECTOR, &[]),
        ["AC-01 is working but names no function", "AC-01 is working but no test names it", "vector Z-01 is working but no test names it"]
    );
    let families = fixture(Status::Working, &["shared::x::y"]);
    assert_eq!(unproved(&families, &VECTOR, &[tag(Kind::Rule, "AC-01"), tag(Kind::Vector, "Z-01")]), Vec::<String>::new());
    assert_eq!(unproved(&fixture(Status::Later, &[]), &[], &[]), Vec::<String>::new());
}

#[test]
fn an_id_that_no_table_knows_is_a_fault() {
    let tags = [tag(Kind::Rule, "AC-01"), tag(Kind::Rule, "AC-99"), tag(Kind::Vector, "AC-01")];
    assert_eq!(
        unknown_ids(&fixture(Status::Later, &[]), &VECTOR, &tags),
        [
            "tests/tests/x.rs: so_it_is names rule AC-99, which does not exist",
            "tests/tests/x.rs: so_it_is names vector AC-01, which does not exist"
        ]
    );
}

#[test]
fn code_is_found_as_function_method_type_or_page_and_nothing_else() {
    let files = [
        File::new("license-server/src/routes/packs.rs", "impl Packs {\n    pub(crate) async fn install<T>(&self) {}\n}"),
        File::new("shared/src/policy/mod.rs", "pub struct Terms {}\npub const TERMS: u8 = 0;\nfn windows() {}"),
        File::new("docs/GLOSSARY.md", ""),
    ];
    let found = |path| leads_somewhere(path, &files);
    for path in [
        "license_server::routes::packs::install",
        "license_server::routes::packs::Packs::install",
        "shared::policy::Terms",
        "shared::policy::TERMS",
        "docs/GLOSSARY.md",
    ] {
        assert!(found(path), "{path}");
    }
    for path in ["shared::policy::window", "shared::policy::grace::windows", "shared::policy::Term", "docs/OTHER.md", "windows"] {
        assert!(!found(path), "{path}");
    }
    let families = fixture(Status::Working, &["shared::policy::window"]);
    assert_eq!(lost_code(&families, &files), ["AC-01: shared::policy::window does not exist"]);
}

#[test]
fn the_page_shows_status_code_and_tests_of_a_rule() {
    let families = fixture(Status::Working, &["shared::x::y", "docs/LABS.md", "README.md"]);
    let page = page(&families, &VECTOR);
    let rule = "| AC-01 | Either a \\| or nothing. | working | `shared::x::y`<br>[docs/LABS.md](LABS.md)<br>[README.md](../README.md) |\n";
    assert!(page.contains(rule), "{page}");
    assert!(page.contains("| Z-01 | Something. | working |\n"), "{page}");
    let tests = tests_page(&families, &VECTOR, &[tag(Kind::Rule, "AC-01"), tag(Kind::Rule, "AC-01"), tag(Kind::Vector, "Z-01")]);
    let line = "* [`so_it_is`](../tests/tests/x.rs)\n";
    assert!(tests.contains(&format!("**AC-01**\n{line}")) && tests.contains(&format!("**Z-01**\n{line}")), "{tests}");
    assert!(page.contains("| working | 1 | 1 |\n"), "{page}");
}
