//! docs/PROBLEMS.md: every problem that a service answers with.

use std::collections::BTreeSet;
use std::fmt::Write;

use shared::wire::problem::ProblemCode;

use crate::sources;

const HEAD: &str = "# Problems

What a service answers when it does not do what was asked: a body of type `application/problem+json` (RFC 9457). `type` is
`urn:tsl:problem:` and the code; `detail` says what was wrong this time, `cure` what to do, `rules` which [rules](RULES.md) are behind it. 4xx
means that the request was refused or a connection denied, 5xx that something failed; asking again is safe after either.

This page is made from the table in `shared/src/wire/problem.rs`; after a change run `UPDATE_DOCS=1 cargo test -p tests --test tidy`.

| code | status | meaning | cure |
| --- | --- | --- | --- |
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for problem in ProblemCode::ALL {
        writeln!(page, "| {} | {} | {} | {} |", problem.code(), problem.status(), problem.title(), problem.cure()).unwrap();
    }
    page
}

#[test]
fn problems_page_shows_the_catalogue_of_today() {
    sources::keep("docs/PROBLEMS.md", &page());
}

#[test]
fn problem_codes_are_distinct_words_and_their_statuses_are_errors() {
    let codes: BTreeSet<&str> = ProblemCode::ALL.iter().map(|problem| problem.code()).collect();
    assert_eq!(codes.len(), ProblemCode::ALL.len());
    for problem in ProblemCode::ALL {
        assert!(problem.code().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", problem.code());
        assert!((400..600).contains(&problem.status()), "{}", problem.code());
        assert!(!problem.title().contains('|') && !problem.cure().contains('|'), "{}", problem.code());
    }
}
