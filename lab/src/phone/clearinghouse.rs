//! The clearinghouse's representative (AC-13, AC-22, AC-34, AC-37, AC-48, W2K-10, W2K-11, W2K-18).

use chassis::random;
use shared::model::code::{CodeKind, in_fives};
use shared::model::{PackId, ReactivationReason, Registrant, RegistrantText, ServerName};
use shared::rulebook::rule;
use shared::trust::read_key_text;
use shared::wire::desk::{Confirmed, Deactivate, IssuePack, Move, Recover, Register, Registered, Reissue, TypedPack};

use super::{Dialogue, misheard};
use crate::api::Api;
use crate::failure::Failure;

/// One call, from greeting to goodbye.
///
/// # Errors
/// What the clearinghouse turns down, or if the caller hangs up.
pub async fn call(dialogue: &mut Dialogue, desk: &Api) -> Result<(), Failure> {
    dialogue.say("Clearinghouse, good day.");
    if dialogue.fax {
        let system = dialogue.choose("Which system does the license server run? The number, please:", &["Windows 2000", "a later one"])?;
        if system != 1 {
            return Err(Failure::Usage(
                "the fax is for license servers of Windows 2000; later ones call or use the page (W2K-18)".to_owned(),
            ));
        }
    }
    let matters = [
        "Activate a license server",
        "Install client access licenses",
        "Deactivate a license server",
        "Reactivate a license server",
        "Recover licenses that were lost",
        "Reissue the license of one device (Windows 2000)",
        "Move licenses to another license server",
        "Something else",
    ];
    match dialogue.choose("What can I do for you? The number, please:", &matters)? {
        1 => activate(dialogue, desk, None).await?,
        2 => install(dialogue, desk).await?,
        3 => deactivate(dialogue, desk).await?,
        4 => {
            let reasons: Vec<&str> = ReactivationReason::ALL.iter().map(|reason| reason.words()).collect();
            let number = dialogue.choose("For which reason? The number, please:", &reasons)?;
            let reason = ReactivationReason::ALL.get(number - 1).copied();
            activate(dialogue, desk, reason).await?;
        }
        5 => recover(dialogue, desk).await?,
        6 => reissue(dialogue, desk).await?,
        7 => move_pack(dialogue, desk).await?,
        _ => send_on(dialogue)?,
    }
    dialogue.say("Thank you for calling. Goodbye.");
    Ok(())
}

async fn activate(dialogue: &Dialogue, desk: &Api, reason: Option<ReactivationReason>) -> Result<(), Failure> {
    dialogue.say("I need what your license server shows; on its machine: tsl activate --papers");
    let name: ServerName = dialogue.ask_parsed("The name of the license server, please.")?;
    let product_id = dialogue.ask_parsed("Its Product ID, please: digits in groups of 5-3-7-5.")?;
    let key_text = dialogue.ask_code(CodeKind::KeyText, "Its key text, please: fourteen groups of five.")?;
    if let Err(flaw) = read_key_text(&key_text, &product_id) {
        return Err(Failure::Usage(format!("{flaw}: one of the two was told wrongly; please call again")));
    }
    let registrant = Registrant {
        first_name: line(dialogue, "Your first name, please.")?,
        last_name: line(dialogue, "Your last name, please.")?,
        company: line(dialogue, "Your company, please.")?,
        country: line(dialogue, "Your country or region, please.")?,
        ..Registrant::default()
    };
    let request = random::request_id();
    let (method, certificate_request) = (dialogue.method(), None);
    let asked = Register { request, method, name, product_id, key_text, registrant, certificate_request, reason, papers: Vec::new() };
    let registered = register(dialogue, desk, asked).await?;
    dialogue.tell_code("License Server ID", registered.license_server_id.as_str());
    dialogue.say(&format!("The registration ends on {}.", registered.until));
    let reason = reason.map_or_else(String::new, |reason| format!("tsl reactivate --reason {reason} --id"));
    let command = if reason.is_empty() { "tsl activate --id" } else { &reason };
    dialogue.say(&format!("Type it into the license server: {command} {}", registered.license_server_id.in_fives()));
    Ok(())
}

/// AM-15, AC-48: another key, or a name that somebody else has, takes the papers of a purchase; whoever need show none is not asked.
async fn register(dialogue: &Dialogue, desk: &Api, asked: Register) -> Result<Registered, Failure> {
    match desk.post("/desk/registrations", &asked).await {
        Err(Failure::Problem(problem)) if problem.rules.contains(&rule::AC_48) => {
            dialogue.say(&format!("I have to see papers: {}.", problem.detail));
            let papers = vec![dialogue.ask_papers()?];
            desk.post("/desk/registrations", &Register { request: random::request_id(), papers, ..asked }).await
        }
        registered => registered,
    }
}

async fn install(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let server = dialogue.ask_server(SERVER)?;
    let purchase = dialogue.ask_papers()?;
    let wanted = match purchase.pack_kind() {
        shared::model::PackKind::Retail => None,
        shared::model::PackKind::Volume | shared::model::PackKind::Open => Some(dialogue.ask_wanted()?),
    };
    let asked = IssuePack { request: random::request_id(), method: dialogue.method(), server, purchase, wanted };
    told(dialogue, &desk.post("/desk/packs", &asked).await?);
    Ok(())
}

/// AC-22.
async fn deactivate(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let server = dialogue.ask_server(SERVER)?;
    let asked = Deactivate { request: random::request_id(), method: dialogue.method(), server };
    let confirmed: Confirmed = desk.post("/desk/deactivations", &asked).await?;
    let code = confirmed.confirmation_code;
    dialogue.tell_code("confirmation code", code.as_str());
    dialogue.say(&format!("Type it into the license server: tsl deactivate --code {}", code.in_fives()));
    Ok(())
}

/// AC-40, AC-48.
async fn recover(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let server = dialogue.ask_server(SERVER)?;
    let pack = ask_pack(dialogue)?;
    let quantity = dialogue.ask_number("How many licenses of it were lost? The license server's event log says it.")?;
    dialogue.say("I have to see the papers of the purchase.");
    let purchase = dialogue.ask_papers()?;
    let asked = Recover { request: random::request_id(), method: dialogue.method(), server, pack, quantity, purchase };
    told(dialogue, &desk.post("/desk/recoveries", &asked).await?);
    Ok(())
}

/// W2K-10, W2K-11.
async fn reissue(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    let server = dialogue.ask_server(SERVER)?;
    let pack = ask_pack(dialogue)?;
    let device = dialogue.ask_parsed("The name of the device whose license was lost, or is given up for good?")?;
    dialogue.say("The license allows this once for each device.");
    let asked = Reissue { request: random::request_id(), method: dialogue.method(), server, pack, device };
    told(dialogue, &desk.post("/desk/reissues", &asked).await?);
    dialogue.say("It will show as a key pack of its own.");
    Ok(())
}

/// AC-37.
async fn move_pack(dialogue: &Dialogue, desk: &Api) -> Result<(), Failure> {
    dialogue.say("The new license server has to be installed and activated already.");
    let server = dialogue.ask_server("The License Server ID of the new server, please, or its Product ID.")?;
    let pack = ask_pack(dialogue)?;
    dialogue.say("I have to see the papers of the agreement.");
    let purchase = dialogue.ask_papers()?;
    let asked = Move { request: random::request_id(), method: dialogue.method(), server, pack, purchase };
    told(dialogue, &desk.post("/desk/moves", &asked).await?);
    dialogue.say("When it is installed there, deactivate the old license server and remove it.");
    Ok(())
}

/// AC-34, AC-35, AC-44, AC-45: who else is meant.
fn send_on(dialogue: &Dialogue) -> Result<(), Failure> {
    let matters = [
        "I want to buy client access licenses",
        "I have lost an agreement or authorization number",
        "Licenses are installed, and still nobody gets one",
        "The license server refuses an ID that I type",
        "Terminal servers do not find the license server, or the network is down",
    ];
    let answer = match dialogue.choose("What is it about? The number, please:", &matters)? {
        1 => "We do not sell. Your software advisor, a licensing reseller or the local subsidiary does: tsl phone reseller (AC-45)",
        2 => "We cannot find it. The reseller where the product was bought can: tsl phone reseller (AC-44)",
        3 => "Product Support looks after that: tsl phone support (AC-35)",
        4 => "Product Support looks after that: tsl phone support (AC-35)",
        _ => "We do not mend networks, discovery or operating systems: your own administrator, or tsl phone support (AC-34)",
    };
    dialogue.say(answer);
    Ok(())
}

fn told(dialogue: &Dialogue, typed: &TypedPack) {
    let pack = &typed.pack;
    dialogue.say(&format!("{} {} CALs of version {}.", pack.total, pack.product_type, pack.version));
    dialogue.tell_code("license key pack ID", typed.key_pack_id.as_str());
    dialogue.say(&format!("Type it into the license server: tsl install --key-pack-id {}", in_fives(typed.key_pack_id.as_str())));
}

fn ask_pack(dialogue: &Dialogue) -> Result<PackId, Failure> {
    let code =
        dialogue.ask_code(CodeKind::KeyPackId, "The license key pack ID of the pack, please: seven groups of five. tsl packs shows it.")?;
    code.parse().map_err(misheard)
}

/// A line of the registrant; nothing said is nothing told, and the rules decide whether that will do (AC-11).
fn line(dialogue: &Dialogue, question: &str) -> Result<Option<RegistrantText>, Failure> {
    let heard = dialogue.ask(question)?;
    if heard.is_empty() { Ok(None) } else { heard.parse().map(Some).map_err(misheard) }
}

const SERVER: &str = "The License Server ID, please, or the Product ID of the license server.";
