//! What a command leads to.

use super::activation::received;
use super::log::{log, pool_event, service_event};
use super::{
    Asked, CertificateKind, Clearinghouse, Command, Convert, Event, Inquire, InstallPack, InstalledPack, Ledger, LicenseRecord, Mark,
    NewCertificate, Outcome, PassThrough, PeerEvent, Refusal, Release, Report, Revocation, Revoke, Server, TakeBack, managing, orders,
    peers,
};
use crate::machine::{Decide, Moment};
use crate::model::{Cal, CalId, CalKind, LabTime, Origin, Pack, ProductType, PublicKey, ServerName, Span, TraceStep};
use crate::policy::denials;
use crate::policy::events as events_of;
use crate::policy::issuing::{self, Grant, Lack};
use crate::policy::terms::{self, Terms};
use crate::policy::versions;
use crate::rulebook::rule;
use crate::wire::license_server::PerUserReport;
use crate::wire::license_server::{DeclineReason, HowIssued, LedgerSettingsChange, MarkAnswer};
use crate::wire::peers::ReturnAnswer;

impl Decide<Command> for Ledger {
    type Answer = ();

    fn decide(&self, command: Command, moment: &mut Moment<'_>) -> Result<((), Vec<Event>), Refusal> {
        decide(self, command, moment).map(|events| ((), events))
    }
}

impl Decide<Inquire> for Ledger {
    type Answer = Outcome;

    fn decide(&self, Inquire(asked): Inquire, moment: &mut Moment<'_>) -> Result<(Outcome, Vec<Event>), Refusal> {
        Ok(inquire(self, self.started()?, &asked, moment))
    }
}

impl Decide<Mark> for Ledger {
    type Answer = MarkAnswer;

    fn decide(&self, command: Mark, _: &mut Moment<'_>) -> Result<(MarkAnswer, Vec<Event>), Refusal> {
        self.started().map(|_| mark(self, command))
    }
}

impl Decide<InstallPack> for Ledger {
    type Answer = InstalledPack;

    fn decide(&self, command: InstallPack, moment: &mut Moment<'_>) -> Result<(InstalledPack, Vec<Event>), Refusal> {
        install_pack(self, self.started()?, command, moment.now)
    }
}

impl Decide<Convert> for Ledger {
    type Answer = InstalledPack;

    fn decide(&self, command: Convert, moment: &mut Moment<'_>) -> Result<(InstalledPack, Vec<Event>), Refusal> {
        managing::convert(self, self.started()?, command, moment)
    }
}

impl Decide<Revoke> for Ledger {
    type Answer = Revocation;

    fn decide(&self, Revoke { number }: Revoke, moment: &mut Moment<'_>) -> Result<(Revocation, Vec<Event>), Refusal> {
        managing::revoke(self, self.started()?, number, moment.now)
    }
}

impl Decide<Release> for Ledger {
    type Answer = Vec<Pack>;

    fn decide(&self, command: Release, moment: &mut Moment<'_>) -> Result<(Vec<Pack>, Vec<Event>), Refusal> {
        orders::release(self, self.started()?, command, moment)
    }
}

impl Decide<Report> for Ledger {
    type Answer = PerUserReport;

    fn decide(&self, command: Report, moment: &mut Moment<'_>) -> Result<(PerUserReport, Vec<Event>), Refusal> {
        Ok(super::network::report(self, self.started()?, command, moment.now))
    }
}

impl Decide<TakeBack> for Ledger {
    type Answer = ReturnAnswer;

    fn decide(&self, command: TakeBack, _: &mut Moment<'_>) -> Result<(ReturnAnswer, Vec<Event>), Refusal> {
        self.started().map(|_| peers::take_back(self, command))
    }
}

impl Decide<PassThrough> for Ledger {
    type Answer = Vec<TraceStep>;

    fn decide(&self, command: PassThrough, moment: &mut Moment<'_>) -> Result<(Vec<TraceStep>, Vec<Event>), Refusal> {
        Ok(peers::pass_through(self, self.started()?, &command, moment.now))
    }
}

fn decide(ledger: &Ledger, command: Command, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    if let Command::Start { name, generation, certificate, product_id } = command {
        return start(ledger, Server { name, generation, product_id }, certificate, moment.now);
    }
    let server = ledger.started()?;
    match command {
        Command::Start { .. } => Err(Refusal::NotStarted),
        Command::Stop => Ok(vec![service_event(3, "The licensing service has stopped.")]),
        Command::TrustClearinghouse(clearinghouse) => trust_clearinghouse(ledger, clearinghouse),
        Command::TrustTerminalServer { name, key } => trust_terminal_server(ledger, name, key),
        Command::ForgetTerminalServer(name) if ledger.terminal_servers.contains_key(&name) => {
            Ok(vec![Event::TerminalServerForgotten { name }])
        }
        Command::ForgetTerminalServer(name) => Err(Refusal::NoSuchTerminalServer(name)),
        Command::Restore(command) => super::backup::decide(ledger, command, moment.now),
        Command::Activation(command) => super::activation::decide(ledger, *command, moment.now),
        Command::ChangeSettings(change) => change_settings(ledger, change),
        Command::ChangeGroup(members) => Ok(vec![Event::GroupChanged { members }]),
        Command::LayDownLife { days } => lay_down_life(server, days),
        Command::Network(command) => super::network::decide(ledger, server, command),
        Command::Manage(command) => managing::decide(ledger, server, command, moment.now),
        Command::Peer(command) => peers::decide(ledger, server, command),
    }
}

fn start(ledger: &Ledger, wanted: Server, certificate: NewCertificate, now: LabTime) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    match &ledger.server {
        Some(server) if server.name != wanted.name || server.generation != wanted.generation => {
            return Err(Refusal::OtherServer { name: server.name.clone(), generation: server.generation });
        }
        Some(_) => {}
        None => {
            events.push(Event::Founded(wanted));
            events.push(Event::CertificateReceived(received(0, CertificateKind::SelfSigned, certificate, now)));
            events.push(log(denials::log(
                denials::TERM_SERV_LICENSING,
                70,
                crate::model::Level::Information,
                "The local group \"Terminal Services Computers\" was made; it has no members.",
            )));
        }
    }
    events.push(Event::Started);
    if ledger.peers.next_try(ledger.settings.sweep_at_s).is_some() {
        // SD-19: what could not be said to other license servers is tried again at the start.
        events.push(Event::Peer(PeerEvent::TryAgain));
    }
    events.push(service_event(0, "The licensing service has started."));
    if ledger.suspect {
        events.push(log(events_of::database_suspect()));
    }
    Ok(events)
}

fn trust_clearinghouse(ledger: &Ledger, clearinghouse: Clearinghouse) -> Result<Vec<Event>, Refusal> {
    match &ledger.clearinghouse {
        Some(known) if known.key != clearinghouse.key || known.root != clearinghouse.root => {
            Err(Refusal::OtherClearinghouse(known.name.clone()))
        }
        Some(known) if known.agreement.is_some() && clearinghouse.agreement.is_some_and(|key| known.agreement != Some(key)) => {
            Err(Refusal::OtherClearinghouse(known.name.clone()))
        }
        Some(known) if *known == clearinghouse => Ok(Vec::new()),
        Some(_) | None => Ok(vec![Event::ClearinghouseTrusted(clearinghouse)]),
    }
}

fn trust_terminal_server(ledger: &Ledger, name: ServerName, key: PublicKey) -> Result<Vec<Event>, Refusal> {
    match ledger.terminal_servers.get(&name) {
        Some(pinned) if *pinned == key => Ok(Vec::new()),
        Some(_) => Err(Refusal::OtherKey(name)),
        None => Ok(vec![Event::TerminalServerTrusted { name, key }]),
    }
}

/// AC-30, AC-33, AC-36: an activated server installs each pack once, of its own version or an older one.
fn install_pack(ledger: &Ledger, server: &Server, command: InstallPack, now: LabTime) -> Result<(InstalledPack, Vec<Event>), Refusal> {
    let InstallPack { request, pack } = command;
    if let Some(installed) = ledger.installed(&pack.id) {
        // The answer was lost and the same request comes again: nothing happens.
        return if installed.request == request { Ok((installed.clone(), Vec::new())) } else { Err(Refusal::PackInstalled(pack.id)) };
    }
    if !ledger.is_activated(now) {
        return Err(Refusal::NotActivated);
    }
    if !versions::server_holds(server.version(), pack.version) {
        return Err(Refusal::PackVersion { pack: pack.version, server: server.version() });
    }
    let number = ledger.next_pack_number();
    let mut installed =
        InstalledPack { number, pack, issued: 0, installed_at: now, request, withheld: 0, removed_at: None, replaces: None };
    ledger.place_again(&mut installed);
    Ok((installed.clone(), vec![Event::PackInstalled(installed)]))
}

fn change_settings(ledger: &Ledger, change: LedgerSettingsChange) -> Result<Vec<Event>, Refusal> {
    if let Some(sweep_at_s) = change.sweep_at_s.filter(|seconds| *seconds >= 86_400) {
        return Err(Refusal::OutOfRange { what: "sweep_at_s", low: 0, high: 86_399, given: sweep_at_s });
    }
    let settings = ledger.settings.with(&change);
    Ok(if settings == ledger.settings { Vec::new() } else { vec![Event::SettingsChanged { settings }] })
}

fn lay_down_life(server: &Server, days: u32) -> Result<Vec<Event>, Refusal> {
    let Some((low, high)) = server.terms().permanent_days else { return Err(Refusal::NoEnd(server.generation)) };
    if !(low..=high).contains(&days) {
        return Err(Refusal::OutOfRange { what: "the next life in days", low, high, given: days });
    }
    Ok(vec![Event::LifeLaidDown { days }])
}

/// LS-13: the mark is set on the temporary; a second one changes nothing. LS-01 bars marks too (SD-16).
fn mark(ledger: &Ledger, command: Mark) -> (MarkAnswer, Vec<Event>) {
    let Mark { cal, hardware_id, terminal_server } = command;
    if !ledger.may_ask(&terminal_server) {
        return (MarkAnswer::NotInGroup, vec![Event::MarkDeclined { cal, terminal_server }]);
    }
    match ledger.markable(cal, hardware_id) {
        Some(record) if !record.validated => (MarkAnswer::Validated, vec![Event::Validated { number: record.number }]),
        Some(_) => (MarkAnswer::Validated, Vec::new()),
        None => (MarkAnswer::NoSuchTemporary, Vec::new()),
    }
}

/// LS-01 to LS-06, LS-09, LS-12, LS-14, RN-02: a terminal server asks for a license.
fn inquire(ledger: &Ledger, server: &Server, asked: &Asked, moment: &mut Moment<'_>) -> (Outcome, Vec<Event>) {
    let version = asked.inquiry.version;
    if !versions::server_serves(server.version(), version) {
        let facts = format!("version {version} asked for, this license server is {}", server.version());
        return (Outcome::TooOld, vec![declined(asked, None, vec![TraceStep::new(rule::LS_02, facts)])]);
    }
    if !ledger.may_ask(asked.caller()) {
        let facts = format!("{} is not in \"Terminal Services Computers\"", asked.caller());
        let logged = denials::not_in_group(server.generation, asked.caller()).map(log);
        let (outcome, refused) = decline(asked, DeclineReason::NotInGroup, vec![TraceStep::new(rule::LS_01, facts)]);
        return (outcome, logged.into_iter().chain([refused]).collect());
    }
    let activated = ledger.is_activated(moment.now);
    let mut events = Vec::new();
    let mut rules = Vec::new();
    if !activated {
        rules.push(TraceStep::new(rule::LS_03, "this license server is not activated"));
        events.push(log(denials::not_activated()));
    }
    let terms = terms::between(server.generation, asked.inquiry.generation, version);
    if terms != server.terms() {
        rules.push(TraceStep::new(rule::SD_03, format!("{} is before Service Pack 3: served the old way", asked.terminal_server)));
    }
    events.extend(peers::in_vain(server, asked, &mut rules, moment.now));
    let request = ledger.request(asked, terms, moment.now, activated);
    let grant = issuing::decide(&request, &mut rules);
    let temporary = matches!(grant, Ok(Grant::MintTemporary | Grant::HandOutTemporary(_)));
    let wanted = temporary && issuing::may_refer(&request, &grant);
    // LS-12, SD-06: an empty pool is logged where a permanent was asked for: 21, or 22 where no pack of the version exists.
    if wanted || (activated && grant == Err(Lack::NoneAvailable)) {
        events.push(pool_event(ledger, asked, &mut rules));
    }
    let (outcome, decided) = carry_out(ledger, &Issuer { server, terms }, asked, grant, rules, moment);
    events.extend(decided);
    (outcome, events)
}

/// Who issues, and by which numbers for the terminal server that asks (SD-03).
struct Issuer<'a> {
    server: &'a Server,
    terms: &'a Terms,
}

fn carry_out(
    ledger: &Ledger,
    issuer: &Issuer<'_>,
    asked: &Asked,
    grant: Result<Grant<'_, LicenseRecord, InstalledPack>, Lack>,
    rules: Vec<TraceStep>,
    moment: &mut Moment<'_>,
) -> (Outcome, Vec<Event>) {
    let issued = |(outcome, event): (Outcome, Event)| (outcome, vec![event]);
    match grant {
        Ok(Grant::MintTemporary) => issued(mint_temporary(ledger, issuer, asked, rules, moment)),
        Ok(Grant::DrawPermanent(pack)) => draw(ledger, issuer, asked, pack, rules, moment),
        Ok(Grant::MintBuiltIn) => issued(mint_built_in(ledger, issuer, asked, rules, moment)),
        Ok(Grant::HandOutPermanent(record) | Grant::HandOutTemporary(record)) => issued(hand_out(ledger, record, asked, rules, moment.now)),
        Ok(Grant::Extend(record)) => issued(extend(ledger, issuer, asked, record, HowIssued::Extended, rules, moment)),
        Ok(Grant::Revive(record)) => issued(extend(ledger, issuer, asked, record, HowIssued::Revived, rules, moment)),
        Err(lack) => issued(decline(asked, reason_of(lack), rules)),
    }
}

fn reason_of(lack: Lack) -> DeclineReason {
    match lack {
        Lack::NoneAvailable => DeclineReason::NoneAvailable,
        Lack::NeverValidated => DeclineReason::NeverValidated,
        Lack::NotValidated => DeclineReason::NotValidated,
        Lack::TemporarySpent => DeclineReason::TemporarySpent,
    }
}

fn decline(asked: &Asked, reason: DeclineReason, rules: Vec<TraceStep>) -> (Outcome, Event) {
    (Outcome::Declined { reason, rules: rules.clone() }, declined(asked, Some(reason), rules))
}

fn declined(asked: &Asked, reason: Option<DeclineReason>, rules: Vec<TraceStep>) -> Event {
    Event::Declined {
        device: asked.inquiry.device.clone(),
        hardware_id: asked.inquiry.hardware_id,
        version: asked.inquiry.version,
        reason,
        terminal_server: asked.terminal_server.clone(),
        rules,
    }
}

fn hand_out(ledger: &Ledger, record: &LicenseRecord, asked: &Asked, mut rules: Vec<TraceStep>, now: LabTime) -> (Outcome, Event) {
    if let Some(record) = super::activation::signed_anew(ledger, record, now) {
        rules.push(TraceStep::new(rule::FT_23, "the key that signed it was replaced: the same license, signed anew"));
        return issued(record, HowIssued::Again, Vec::new(), false, asked, rules);
    }
    let event = Event::HandedOut { number: record.number, terminal_server: asked.terminal_server.clone(), rules: rules.clone() };
    (license(record, HowIssued::Again, rules), event)
}

fn license(record: &LicenseRecord, how: HowIssued, rules: Vec<TraceStep>) -> Outcome {
    Outcome::License { cal: record.cal.clone(), certificate: record.certificate, how, rules }
}

/// LS-04, PD-01: a temporary of the version asked for, without limit of number.
fn mint_temporary(ledger: &Ledger, issuer: &Issuer<'_>, asked: &Asked, rules: Vec<TraceStep>, moment: &mut Moment<'_>) -> (Outcome, Event) {
    let expires_at = moment.now + issuer.terms.temporary;
    let cal = new_cal(issuer, asked, (CalKind::Temporary, Origin::Minted), expires_at, moment);
    issued(new_record(ledger, cal, moment.now), HowIssued::New, Vec::new(), false, asked, rules)
}

/// A CAL of the version asked for.
fn new_cal(issuer: &Issuer<'_>, asked: &Asked, (kind, origin): (CalKind, Origin), expires_at: LabTime, moment: &mut Moment<'_>) -> Cal {
    Cal {
        id: CalId::from_random(moment.dice.bytes()),
        kind,
        version: asked.inquiry.version,
        issuer: issuer.server.name.clone(),
        device: asked.inquiry.device.clone(),
        user: asked.inquiry.user.clone(),
        hardware_id: asked.inquiry.hardware_id,
        issued_at: moment.now,
        expires_at,
        origin,
    }
}

/// W2K-03, SD-04: a license of the built-in pool, which no pack counts; it lives like a permanent.
fn mint_built_in(ledger: &Ledger, issuer: &Issuer<'_>, asked: &Asked, rules: Vec<TraceStep>, moment: &mut Moment<'_>) -> (Outcome, Event) {
    let (expires_at, laid_down) = end_of_life(ledger, issuer.terms, moment);
    let cal = new_cal(issuer, asked, (CalKind::Permanent, Origin::BuiltInPool), expires_at, moment);
    let closes = ledger.open_temporaries(cal.hardware_id, cal.version);
    issued(new_record(ledger, cal, moment.now), HowIssued::New, closes, laid_down, asked, rules)
}

fn new_record(ledger: &Ledger, cal: Cal, now: LabTime) -> LicenseRecord {
    let certificate = ledger.current_certificate(now).map_or(0, |own| own.number);
    LicenseRecord {
        number: ledger.last_record + 1,
        first_issued_at: cal.issued_at,
        cal,
        validated: false,
        closed: false,
        certificate,
        revoked_at: None,
    }
}

fn issued(
    record: LicenseRecord,
    how: HowIssued,
    closes: Vec<u64>,
    laid_down: bool,
    asked: &Asked,
    rules: Vec<TraceStep>,
) -> (Outcome, Event) {
    let outcome = license(&record, how, rules.clone());
    (outcome, Event::Issued { record, how, closes, laid_down, terminal_server: asked.terminal_server.clone(), rules })
}

/// LS-05, LS-06: a permanent from the first pack that may serve; the device's temporaries of that version or older are closed.
fn draw(
    ledger: &Ledger,
    issuer: &Issuer<'_>,
    asked: &Asked,
    pack: &InstalledPack,
    mut rules: Vec<TraceStep>,
    moment: &mut Moment<'_>,
) -> (Outcome, Vec<Event>) {
    let version = pack.pack.version;
    // AM-30: only what is of Windows 2000 itself may have no end; a newer CAL in its place lives by its own server's numbers.
    let terms = if version == asked.inquiry.version { issuer.terms } else { issuer.server.terms() };
    let (expires_at, laid_down) = end_of_life(ledger, terms, moment);
    let drawn = (CalKind::Permanent, Origin::Pack(pack.pack.id.clone()));
    let cal = Cal { version, ..new_cal(issuer, asked, drawn, expires_at, moment) };
    rules.push(TraceStep::new(
        rule::LS_06,
        format!("pack of {version}: {} of {} left after this draw", pack.available() - 1, pack.pack.total),
    ));
    let closes = ledger.open_temporaries(asked.inquiry.hardware_id, version);
    let moved = peers::return_owed(ledger, issuer.server, asked);
    if moved.is_some() {
        rules.push(TraceStep::new(rule::LS_10, "the CAL presented moves here: its issuer is told to take it back"));
    }
    let (outcome, event) = issued(new_record(ledger, cal, moment.now), HowIssued::New, closes, laid_down, asked, rules);
    let mut events: Vec<Event> = std::iter::once(event).chain(moved).collect();
    let (total, free) = ledger.pool(version, ProductType::Device);
    let left = free.saturating_sub(1);
    if left * 100 <= total * terms::LOW_POOL_PERCENT {
        events.push(log(denials::low_pool(version, left)));
    }
    (outcome, events)
}

/// RN-02, LS-09: the same record, a fresh life from now, no draw.
fn extend(
    ledger: &Ledger,
    issuer: &Issuer<'_>,
    asked: &Asked,
    record: &LicenseRecord,
    how: HowIssued,
    rules: Vec<TraceStep>,
    moment: &mut Moment<'_>,
) -> (Outcome, Event) {
    let (expires_at, laid_down) = end_of_life(ledger, issuer.terms, moment);
    let mut record = record.clone();
    record.cal.issued_at = moment.now;
    record.cal.expires_at = expires_at;
    record.cal.device = asked.inquiry.device.clone();
    record.cal.user = asked.inquiry.user.clone();
    record.certificate = ledger.current_certificate(moment.now).map_or(record.certificate, |own| own.number);
    issued(record, how, Vec::new(), laid_down, asked, rules)
}

/// OQ-7: when a permanent that is issued now ends: after a whole number of days, each from the shortest to the longest equally
/// likely, unless a life was laid down; never before Service Pack 3 of 2000 (W2K-06).
fn end_of_life(ledger: &Ledger, terms: &Terms, moment: &mut Moment<'_>) -> (LabTime, bool) {
    match (terms.permanent_days, ledger.next_lives.front()) {
        (None, _) => (LabTime::NEVER, false),
        (Some(_), Some(days)) => (moment.now + Span::days(*days), true),
        (Some((low, high)), None) => (moment.now + Span::days(moment.dice.between(low, high)), false),
    }
}
