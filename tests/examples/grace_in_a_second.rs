//! A lesson as a script: a terminal server without a license server, from its first client to the day on which nobody gets in. Every day
//! prints which rule decided.
//!
//! `cargo run -p tests --example grace_in_a_second`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a lesson that goes wrong stops")]
#![allow(clippy::print_stdout, reason = "an example shows something")]

use client::session::{Answer, Then};
use shared::rulebook::{self, RuleId};
use tests::harness::{Plan, TestLab, days, device};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let mut lab = Plan::default().not_enrolled().start().await;
    let begun = lab.now();
    println!("A terminal server of Windows Server 2003 was installed. It knows no license server.");
    for day in [0, 60, 119, 120] {
        lab.go_to(begun + days(day)).await;
        let rule = visit(&lab, day).await;
        assert_eq!(rule, rulebook::rule::PD_05);
    }
    let grace = lab.grace().await;
    println!("\n120 days passed in a moment, and grace is over: {} days left.", grace.days_left);
    assert!(!grace.running);
}

/// A new PC every time; says how its visit ended, and gives back the rule that decided.
async fn visit(lab: &TestLab, day: u32) -> RuleId {
    let visited = lab.visit(0, &mut device(&format!("PC{day}")), Then::Cancel).await;
    let (outcome, rule, trace) = match visited.verdict {
        Answer::Accepted { connected, .. } => ("gets in".to_owned(), connected.rule, connected.trace),
        Answer::Denied { problem } => {
            let denied = problem.denial.expect("a denial says why");
            (format!("is denied; the client shows: {}", denied.text), denied.rule, denied.trace)
        }
    };
    println!("\nDay {day}, {}: PC{day} {outcome}", lab.now());
    for step in trace {
        println!("  {}  {}", step.rule.as_str(), step.facts);
    }
    println!("  {} decided: {}", rule.as_str(), rulebook::find(rule.as_str()).map_or("", |rule| rule.says));
    rule
}
