//! Finds the doc comment lines in which tests name the rules and vectors that they prove.

use shared::rulebook::{self, VECTORS};

use crate::sources::File;

/// What kind of id a tag names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Rule,
    Vector,
}

/// One id that one test names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) test: String,
    pub(crate) file: String,
}

/// All tags of a file, and what could not be read in their lines.
///
/// A tag line stands in the doc comment of a test: `Rules: PD-06, LS-05.`, `Vector: D-03.`, `Vectors: .`; it goes
/// on in the next line where it ends in a comma.
pub(crate) fn tags(file: &File) -> (Vec<Tag>, Vec<String>) {
    let mut tags = Vec::new();
    let mut faults = Vec::new();
    let mut head = Head::default();
    for line in file.text.lines().map(str::trim) {
        if head.take(line) {
            continue;
        }
        let head = std::mem::take(&mut head);
        let Some(test) = function_name(line).filter(|_| head.is_test) else { continue };
        let (ids, bad) = ids(&head.doc);
        tags.extend(ids.into_iter().map(|(kind, id)| Tag { kind, id, test: test.to_owned(), file: file.path.clone() }));
        faults.extend(bad.into_iter().map(|bad| format!("{}: {test}: `{bad}` is not an id", file.path)));
    }
    (tags, faults)
}

/// The doc comment and the attributes above an item.
#[derive(Default)]
struct Head {
    doc: Vec<String>,
    is_test: bool,
    inside_attribute: bool,
}

impl Head {
    /// Takes a line in; false where the line is not part of a head.
    fn take(&mut self, line: &str) -> bool {
        if self.inside_attribute {
            self.inside_attribute = !line.ends_with(']');
            return true;
        }
        if let Some(text) = line.strip_prefix("///") {
            self.doc.push(text.trim().to_owned());
            return true;
        }
        let Some(attribute) = line.strip_prefix("#[") else { return false };
        let name = attribute.split(['(', ']', ' ', '=']).next().unwrap_or_default();
        self.is_test |= name == "test" || name.ends_with("::test");
        self.inside_attribute = !line.ends_with(']');
        true
    }
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let only_words = before.split_whitespace().all(|word| word == "async" || word.starts_with("pub"));
    let name = after.split(['(', '<']).next()?.trim();
    only_words.then_some(name)
}

fn ids(doc: &[String]) -> (Vec<(Kind, String)>, Vec<String>) {
    let mut ids: Vec<(Kind, String)> = Vec::new();
    let mut faults = Vec::new();
    let mut kind = None;
    let mut goes_on = false;
    for line in doc {
        if !goes_on {
            kind = None;
        }
        let mut range = false;
        for word in line.split_whitespace() {
            match (word, kind) {
                ("Rule:" | "Rules:", _) => kind = Some(Kind::Rule),
                ("Vector:" | "Vectors:", _) => kind = Some(Kind::Vector),
                (_, None) => break,
                ("and", Some(_)) => {}
                ("to", Some(_)) => range = true,
                (word, Some(kind)) => {
                    let id = word.trim_end_matches([',', '.', ';']);
                    if !is_id(id) {
                        faults.push(id.to_owned());
                        continue;
                    }
                    if std::mem::take(&mut range) {
                        let from = ids.last().map(|(_, id)| id.clone()).unwrap_or_default();
                        ids.extend(between(kind, &from, id).map(|id| (kind, id)));
                    }
                    ids.push((kind, id.to_owned()));
                }
            }
        }
        goes_on = kind.is_some() && line.ends_with(',');
    }
    (ids, faults)
}

fn is_id(word: &str) -> bool {
    let Some((family, number)) = word.split_once('-') else { return false };
    let family_fits = !family.is_empty() && family.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    family_fits && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

/// The known ids that stand between two, in the order of the tables.
fn between(kind: Kind, from: &str, to: &str) -> impl Iterator<Item = String> {
    let known: Vec<&str> = match kind {
        Kind::Rule => rulebook::rules().map(|rule| rule.id.as_str()).collect(),
        Kind::Vector => VECTORS.iter().map(|vector| vector.id).collect(),
    };
    let place = |id: &str| known.iter().position(|known| *known == id);
    let range = match (place(from), place(to)) {
        (Some(from), Some(to)) => from + 1..to.max(from + 1),
        (_, None) | (None, _) => 0..0,
    };
    known[range].iter().map(|id| (*id).to_owned()).collect::<Vec<_>>().into_iter()
}

fn found(text: &str) -> Vec<(Kind, String, String)> {
    let (tags, faults) = tags(&File::new("x.rs", text));
    assert_eq!(faults, Vec::<String>::new());
    tags.into_iter().map(|tag| (tag.kind, tag.id, tag.test)).collect()
}

fn rule(id: &str, test: &str) -> (Kind, String, String) {
    (Kind::Rule, id.to_owned(), test.to_owned())
}

fn vector(id: &str, test: &str) -> (Kind, String, String) {
    (Kind::Vector, id.to_owned(), test.to_owned())
}

#[test]
fn a_test_names_rules_and_vectors_above_itself() {
    let text = "/// A story.\n///\n/// Rules: PD-06, LS-05.\n/// Vector: D-03.\n#[test]\nfn it_is_so() {\n}\n";
    assert_eq!(found(text), [rule("PD-06", "it_is_so"), rule("LS-05", "it_is_so"), vector("D-03", "it_is_so")]);
}

#[test]
fn tags_may_stand_below_the_attribute_and_on_async_tests() {
    let text = "#[tokio::test(flavor = \"multi_thread\")]\n/// Rule: GR-01.\nasync fn so() {}\n#[actix_web::test]\n/// Rule: GR-02.\nasync fn and_so() {}";
    assert_eq!(found(text), [rule("GR-01", "so"), rule("GR-02", "and_so")]);
}

#[test]
fn a_tag_line_goes_on_after_a_comma_and_ends_with_the_line_otherwise() {
    let text = "/// Rules: PD-01,\n/// PD-02. Vector: D-01.\n/// Ordinary words here.\n#[test]\nfn so() {}";
    assert_eq!(found(text), [rule("PD-01", "so"), rule("PD-02", "so"), vector("D-01", "so")]);
}

#[test]
fn a_range_names_every_known_id_between_its_ends() {
    let text = "/// Vectors: D-08 to D-11.\n#[test]\nfn so() {}";
    assert_eq!(found(text), ["D-08", "D-09", "D-10", "D-11"].map(|id| vector(id, "so")));
}

#[test]
fn a_function_that_is_no_test_names_nothing() {
    assert_eq!(found("/// Rules: PD-06.\npub fn upgrade() {}"), []);
    assert_eq!(found("/// Rules: PD-06.\n#[cfg(test)]\nmod tests {\n#[test]\nfn so() {}\n}"), []);
}

#[test]
fn a_word_that_is_no_id_in_a_tag_line_is_a_fault() {
    let (_, faults) = tags(&File::new("x.rs", "/// Rules: PD-06 first half.\n#[test]\nfn so() {}"));
    assert_eq!(faults, ["x.rs: so: `first` is not an id", "x.rs: so: `half` is not an id"]);
}
