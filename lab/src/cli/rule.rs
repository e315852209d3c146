//! `tsl rule`: a rule in plain words: what it says, where it comes from, where it is decided, what shows it, what stands near it.

use clap::Args;
use serde::Serialize;
use shared::rulebook::{self, FAMILIES, Family, Rule as Entry, RuleId, Status, VECTORS};

use super::Context;
use crate::failure::Failure;
use crate::out::{Out, Tint};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
Every decision of the lab names rules by their ids. Scenario vectors have ids too, such as D-03.

Example:  tsl rule PD-06
          tsl rule PD            all rules of a family
Rules: docs/RULES.md has them all, docs/RULE-TESTS.md the tests of each.";

/// A line a rule: its id, the vectors that a test shows it in, the pages that name it. Made from the tests and pages by a test.
const SHOWN: &str = include_str!("../shown.tsv");

#[derive(Args, Debug)]
pub(crate) struct Rule {
    /// The id of a rule, of a vector, or of a family: PD-06, D-03, PD
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

/// What is told of a rule.
#[derive(Debug, Serialize)]
struct Told {
    id: RuleId,
    family: &'static str,
    says: &'static str,
    status: &'static str,
    /// Codes of documents with a mark of confidence.
    source: String,
    /// What these codes stand for.
    documents: Vec<String>,
    decided_in: Vec<&'static str>,
    vectors: Vec<Line>,
    pages: Vec<&'static str>,
    near: Vec<Line>,
}

/// Something with an id, in a line.
#[derive(Debug, Serialize)]
struct Line {
    id: &'static str,
    says: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    Rule(Box<Told>),
    Vector { id: &'static str, happens: &'static str, rules: Vec<Line> },
    Family { family: &'static str, title: &'static str, rules: Vec<Line> },
}

impl Rule {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let answers: Result<Vec<Answer>, Failure> = self.ids.iter().map(|id| answer(&id.to_uppercase())).collect();
        let answers = answers?;
        match answers.as_slice() {
            [only] => context.out.show(only, |out| print(out, only)),
            all => context.out.show(&all, |out| {
                for (place, one) in all.iter().enumerate() {
                    if place > 0 {
                        out.line("");
                    }
                    print(out, one);
                }
            }),
        }
    }
}

fn answer(id: &str) -> Result<Answer, Failure> {
    if let Some((family, rule)) = FAMILIES.iter().find_map(|family| Some((family, family.rules.iter().find(|rule| rule.id == id)?))) {
        return Ok(Answer::Rule(Box::new(told(family, rule))));
    }
    if let Some(vector) = VECTORS.iter().find(|vector| vector.id == id) {
        let rules = rulebook::rules().filter(|rule| shown(rule.id).0.contains(&vector.id)).map(line);
        return Ok(Answer::Vector { id: vector.id, happens: vector.says, rules: rules.collect() });
    }
    let prefix = id.split('-').next().unwrap_or_default();
    let family = FAMILIES.iter().find(|family| family.prefix == prefix);
    if let Some(family) = family.filter(|family| family.prefix == id) {
        return Ok(Answer::Family { family: family.prefix, title: family.title, rules: family.rules.iter().map(line).collect() });
    }
    let help = match family {
        Some(family) => format!("tsl rule {} lists those of \"{}\"", family.prefix, family.title),
        None => format!("the families are {}", FAMILIES.iter().map(|family| family.prefix).collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::Usage(format!("there is no rule and no vector {id}; {help}")))
}

fn told(family: &'static Family, rule: &'static Entry) -> Told {
    let (vectors, pages) = shown(rule.id);
    let source = rulebook::source(rule.id);
    let vectors = VECTORS.iter().filter(|vector| vectors.contains(&vector.id)).map(|vector| Line { id: vector.id, says: vector.says });
    Told {
        id: rule.id,
        family: family.title,
        says: rule.says,
        status: rule.status.word(),
        documents: rulebook::documents(&source).into_iter().map(|(code, title)| format!("{code}: {title}")).collect(),
        source,
        decided_in: rule.code.to_vec(),
        vectors: vectors.collect(),
        pages,
        near: near(family, rule),
    }
}

/// The two rules before it and the two behind it.
fn near(family: &'static Family, rule: &Entry) -> Vec<Line> {
    let place = family.rules.iter().position(|other| other.id == rule.id).unwrap_or(0);
    let around = family.rules.iter().skip(place.saturating_sub(2)).take(if place < 2 { place + 3 } else { 5 });
    around.filter(|other| other.id != rule.id).map(line).collect()
}

fn line(rule: &'static Entry) -> Line {
    Line { id: rule.id.as_str(), says: rule.says }
}

/// The vectors and the pages that show a rule.
fn shown(id: RuleId) -> (Vec<&'static str>, Vec<&'static str>) {
    let row = SHOWN.lines().find_map(|line| line.strip_prefix(id.as_str())?.strip_prefix('\t')).unwrap_or_default();
    let (vectors, pages) = row.split_once('\t').unwrap_or((row, ""));
    (vectors.split_whitespace().collect(), pages.split_whitespace().collect())
}

fn print(out: Out, answer: &Answer) {
    match answer {
        Answer::Rule(told) => print_rule(out, told),
        Answer::Vector { id, happens, rules } => {
            out.tinted_line(&format!("{id}  {happens}"), Tint::Heading);
            list(out, "its tests show", rules);
        }
        Answer::Family { family, title, rules } => {
            out.tinted_line(&format!("{family}: {title}"), Tint::Heading);
            rules.iter().for_each(|rule| out.line(&format!("  {:<8}{}", rule.id, rule.says)));
        }
    }
}

fn print_rule(out: Out, told: &Told) {
    out.tinted_line(&format!("{}  {}", told.id, told.says), Tint::Heading);
    out.line(&format!("  of: {}", told.family));
    out.line(&format!("  source: {}", told.source));
    told.documents.iter().for_each(|document| out.line(&format!("    {document}")));
    match told.status {
        word if word == Status::Working.word() => out.line("  decided in:"),
        word => out.line(&format!("  {word}; told in:")),
    }
    told.decided_in.iter().for_each(|place| out.line(&format!("    {place}")));
    list(out, "shown by the vectors", &told.vectors);
    if !told.pages.is_empty() {
        out.line("  told on the pages:");
        told.pages.iter().for_each(|page| out.line(&format!("    {page}")));
    }
    list(out, "near it", &told.near);
}

fn list(out: Out, heading: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    out.line(&format!("  {heading}:"));
    lines.iter().for_each(|line| out.line(&format!("    {:<8}{}", line.id, line.says)));
}
