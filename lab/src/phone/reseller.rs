//! The reseller: sells, and finds lost numbers (AC-44, AC-45).

use shared::model::code::in_fives;
use shared::model::{Purchase, ServerName, VolumeProgram};
use shared::wire::clearinghouse::{AgreementProgram, BoughtCode, BuyCode, PackRecord, SignAgreement, SignedAgreement};
use shared::wire::common::{ListQuery, Page};

use super::Dialogue;
use crate::api::Api;
use crate::failure::Failure;

/// One call, from greeting to goodbye. The reseller's till is the lab's reseller desk.
///
/// # Errors
/// What the desk refuses, or if the caller hangs up.
pub async fn call(dialogue: &mut Dialogue, desk: &Api) -> Result<(), Failure> {
    dialogue.say("Your software reseller, good day.");
    let matters = [
        "Buy a retail package",
        "Sign an agreement",
        "I have lost an agreement or authorization number",
        "Activate a license server, install or recover licenses",
    ];
    match dialogue.choose("What can I do for you? The number, please:", &matters)? {
        1 => {
            let wanted = dialogue.ask_wanted()?;
            let order = BuyCode { version: wanted.version, product_type: wanted.product_type, quantity: wanted.quantity };
            let bought: BoughtCode = desk.post("/lab/reseller/codes", &order).await?;
            dialogue.tell_code("retail license code", bought.code.as_str());
        }
        2 => sign(dialogue, desk).await?,
        3 => find(dialogue, desk).await?,
        _ => dialogue.say("We only sell. The clearinghouse does that: tsl phone clearinghouse (AC-43)"),
    }
    dialogue.say("Keep the papers of the purchase: without them nothing is recovered (AC-48). Goodbye.");
    Ok(())
}

async fn sign(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let volume = |agreement| AgreementProgram::Volume { agreement };
    let program = match dialogue.choose("Which program? The number, please:", &["Open License", "Select", "Enterprise", "another one"])? {
        1 => AgreementProgram::Open,
        2 => volume(VolumeProgram::Select),
        3 => volume(VolumeProgram::Enterprise),
        _ => AgreementProgram::Other,
    };
    let body = SignAgreement { program, entitlements: vec![dialogue.ask_wanted()?], xp_professional: 0 };
    let signed: SignedAgreement = desk.post("/lab/reseller/agreements", &body).await?;
    dialogue.say(&format!("Signed. Your papers: {}.", papers(&signed.purchase)));
    Ok(())
}

/// AC-44: only where the product was bought.
async fn find(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let name: ServerName = dialogue.ask_parsed("For which license server were the licenses bought?")?;
    let query = ListQuery { limit: Some(1000), before: None };
    let page: Page<PackRecord> = desk.list("/packs", &query).await?;
    let mut found: Vec<String> =
        page.items.iter().filter(|row| row.name == name && row.pack.is_some()).map(|row| papers(&row.purchase)).collect();
    found.sort();
    found.dedup();
    if found.is_empty() {
        dialogue.say("I find nothing that was sold for it.");
    }
    for line in found {
        dialogue.say(&format!("I find: {line}."));
    }
    Ok(())
}

fn papers(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("retail license code {}", in_fives(code.as_str())),
        Purchase::Open { license, authorization } => format!("Open License {license}, authorization number {authorization}"),
        Purchase::Volume { agreement, enrollment, authorization } => {
            format!("{agreement:?}, enrollment number {enrollment}, authorization number {authorization}")
        }
        Purchase::Other { agreement, authorization } => format!("agreement number {agreement}, authorization number {authorization}"),
    }
}
