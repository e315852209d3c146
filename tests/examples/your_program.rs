//! An integration test of somebody else's program: it counts free CALs over HTTP and warns in time. The lab that it is tested against is
//! made here, on port 0, and gone afterwards.
//!
//! `cargo run -p tests --example your_program`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "an example shows something")]

use serde_json::Value;
use shared::model::{ProductType, ProductVersion};
use tests::harness::Plan;

/// The program under test. It knows an address and a token, and nothing of this lab: it would be another file, or another language.
async fn warning(license_server: &str, token: &str) -> Result<Option<String>, reqwest::Error> {
    let http = reqwest::Client::new();
    let answer = http.get(format!("{license_server}/packs")).bearer_auth(token).send().await?;
    let packs: Value = answer.error_for_status()?.json().await?;
    let sum = |field: &str| packs["packs"].as_array().into_iter().flatten().filter_map(|pack| pack[field].as_u64()).sum::<u64>();
    let (free, total) = (sum("available"), sum("total"));
    Ok((free * 10 < total * 3).then(|| format!("{free} of {total} CALs are left: buy some")))
}

/// Its test: PCs come to work until the program warns.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let lab = Plan::default().packs(&[(0, ProductVersion::V5_2, ProductType::Device, 5)]).start().await;
    let license_server = &lab.license_servers[0];
    let token = chassis::data::admin_token(&license_server.data().join("admin-token")).expect("the token of its administrator");
    let mut warned_after = None;
    for number in 1..=5 {
        let pc = lab.licensed(&format!("PC{number:02}")).await;
        let said = warning(&license_server.url(), &token).await.expect("an answer");
        println!("{} has a CAL of its own. The program says: {}", pc.name, said.as_deref().unwrap_or("all is well"));
        warned_after = warned_after.or(said.map(|_| number));
    }
    assert_eq!(warned_after, Some(4), "it warns as soon as less than three in ten are free");
    println!("The program warned after 4 of 5, as it should.");
}
