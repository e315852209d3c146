//! A race: twelve PCs, each with a temporary CAL and a user who has logged on, connect at once, and one permanent CAL is free.
//!
//! `cargo run -p tests --example race_for_the_last_cal`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a race that is not fair stops")]
#![allow(clippy::print_stdout, reason = "an example shows something")]

use client::session::Then;
use futures_util::future::join_all;
use shared::model::{CalKind, ProductType, ProductVersion};
use tests::harness::{Admitted, Plan, device};

#[tokio::main]
pub(crate) async fn main() {
    let lab = Plan::default().packs(&[(0, ProductVersion::V5_2, ProductType::Device, 1)]).start().await;
    let mut racers: Vec<_> = (1..=12).map(|number| device(&format!("PC{number:02}"))).collect();
    for racer in &mut racers {
        lab.log_on(racer).await;
    }
    let (free, total) = lab.pool(0).await;
    println!("{} PCs hold validated temporaries; {free} of {total} permanent CALs is free. They connect at once:", racers.len());
    let visits = join_all(racers.iter_mut().map(|racer| lab.visit(0, racer, Then::Cancel))).await;
    let mut winners = 0;
    for (racer, visited) in racers.iter().zip(visits) {
        let connected = Admitted::of(visited).connected;
        let won = connected.license.as_ref().is_some_and(|license| license.cal.kind == CalKind::Permanent);
        winners += u32::from(won);
        println!("  {}  {} by {}", racer.name, if won { "takes the CAL   " } else { "keeps temporary " }, connected.rule.as_str());
    }
    let (free, total) = lab.pool(0).await;
    println!("{winners} PC has it, {free} of {total} is free, and nobody was turned away: their temporaries hold.");
    assert_eq!((winners, free), (1, 0));
}
