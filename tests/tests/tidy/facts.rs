//! Decisions travel as values: no code outside the rule book writes a rule's id as text, or asks what a text says.

use shared::rulebook;

use crate::sources::{self, File, demand_none};

/// The rule book's own files, where the ids are written down.
const BOOK: &str = "shared/src/rulebook/";

/// What asks a text that was made for people what it says.
const ASKS: &[&str] = &[".facts.contains(", ".facts ==", ".facts.starts_with(", ".reason.contains(", ".reason.starts_with("];

fn text_faults(file: &File) -> Vec<String> {
    let code: String = file.text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let ids = code.split('"').skip(1).step_by(2).filter(|text| rulebook::id(text).is_some());
    let ids = ids.map(|id| format!("{}: \"{id}\" is written as text; name it rule::{}", file.path, id.replace('-', "_")));
    let asks = ASKS.iter().filter(|asks| code.contains(*asks)).map(|asks| format!("{}: `{asks}` decides by a text", file.path));
    ids.chain(asks).collect()
}

/// Whether a file is a product's source, outside the book.
fn is_product(file: &File) -> bool {
    file.path.contains("/src/") && !file.path.starts_with("tests/") && !file.path.starts_with(BOOK)
}

#[test]
fn no_code_writes_a_rule_id_as_text_or_decides_by_a_text() {
    let files = sources::rust();
    demand_none("facts as text", &files.iter().filter(|file| is_product(file)).flat_map(text_faults).collect::<Vec<_>>());
}

#[test]
fn a_rule_id_as_text_is_a_fault_and_one_in_a_sentence_is_not() {
    let faults = |text| text_faults(&File::new("lab/src/x.rs", text));
    assert_eq!(faults("if verdict.rule == \"PD-24\" {}"), ["lab/src/x.rs: \"PD-24\" is written as text; name it rule::PD_24"]);
    assert_eq!(faults("step.facts.contains(\"silent\")"), ["lab/src/x.rs: `.facts.contains(` decides by a text"]);
    assert_eq!(faults("// \"PD-24\"\nlet help = \"Rules: PD-24\"; let vector = \"D-03\";"), Vec::<String>::new());
}
