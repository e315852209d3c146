//! Pages about license servers: activation, packs, activation again, and why no deactivation (AC-12, AC-21, AC-25, AC-31).

use chassis::http::{Download, Form, Page, Sender};
use chassis::random;
use maud::{Markup, html};
use shared::model::ProductId;
use shared::model::code::in_fives;
use shared::rulebook::rule;
use shared::wire::desk::Registered;
use shared::wire::problem::{Problem, ProblemCode};

use super::forms::{Activation, Certificate, Install, parsed};
use super::layout::{choice, code, line, lines, page, refused};
use crate::activations::certificate_pem;
use crate::desk::Desk;
use crate::guesses::Caller;
use crate::person;

/// Where to go.
pub(crate) async fn start(_: Desk) -> Result<Page, Problem> {
    let body = html! {
        p { "This is the web method of activation: fill in what your license server shows, and type what you get here into it. The two machines never speak to each other." }
        dl {
            dt { a href="/web/activate" { "Activate a license server" } }
            dd { "Product ID and key text in, License Server ID out (AC-12). See them with " code { "tsl activate --papers" } "." }
            dt { a href="/web/install" { "Install CALs" } }
            dd { "License Server ID and the papers of the purchase in, license key pack ID out (AC-31)." }
            dt { a href="/web/reactivate" { "Reactivate a license server" } }
            dd { "With one of five reasons (AC-25)." }
            dt { a href="/web/deactivate" { "Deactivate a license server" } }
            dd { "Not here (AC-21)." }
            dt { a href="/web/xp" { "Owners of Windows XP Professional" } }
            dd { "Product keys for license tokens, until 2007-06-30 (WS03-10)." }
        }
        h2 { "Who does what" }
        ul {
            li { "The clearinghouse activates, issues, recovers. It does not sell CALs, find lost numbers or mend networks (AC-34)." }
            li { "Product Support: good CALs are installed and nobody gets one, or an ID is refused as it is typed (AC-35)." }
            li { "The reseller: buying CALs, and lost agreement or authorization numbers (AC-44, AC-45)." }
        }
    };
    Ok(page(200, "Welcome", body))
}

/// AC-12.
pub(crate) async fn activation_form(_: Desk) -> Result<Page, Problem> {
    Ok(page(200, ACTIVATE, activation(&fresh_activation(), None)))
}

/// AC-12, AC-02.
pub(crate) async fn activate(desk: Desk, sender: Sender, Form(form): Form<Activation>) -> Result<Page, Problem> {
    Ok(match register(&desk, sender, &form).await {
        Ok(registered) => page(200, "The license server is activated", told(&form, &registered)),
        Err(problem) => refused(ACTIVATE, &problem, activation(&again(form), None)),
    })
}

/// AC-25.
pub(crate) async fn reactivation_form(_: Desk) -> Result<Page, Problem> {
    Ok(page(200, REACTIVATE, activation(&fresh_activation(), Some(REASONS))))
}

/// AC-25.
pub(crate) async fn reactivate(desk: Desk, sender: Sender, Form(form): Form<Activation>) -> Result<Page, Problem> {
    let without = || Problem::new(ProblemCode::Invalid, "choose a reason").under(&[rule::AC_25]);
    let registered = if form.reason.is_empty() { Err(without()) } else { register(&desk, sender, &form).await };
    Ok(match registered {
        Ok(registered) => page(200, "The license server is activated again", told(&form, &registered)),
        Err(problem) => refused(REACTIVATE, &problem, activation(&again(form), Some(REASONS))),
    })
}

/// CE-15: the certificate on record, for whoever wants the usual chain.
pub(crate) async fn certificate(desk: Desk, Sender(address): Sender, Form(form): Form<Certificate>) -> Result<Download, Problem> {
    let product_id: ProductId = parsed("Product ID", &form.product_id)?;
    let found =
        async { desk.engine().read(|registry, _| registry.activation(&product_id).cloned()).await.map_err(|failed| failed.problem()) };
    let unknown = |found: &Result<Option<shared::registry::Activation>, Problem>| matches!(found, Ok(None));
    let found = desk.patiently(Caller::Visitor(address), None, found, unknown).await?;
    let missing = || Problem::new(ProblemCode::NotFound, format!("no certificate was made for Product ID {product_id}"));
    Ok(Download { name: "license-server-certificate.pem", text: certificate_pem(&desk, &found.ok_or_else(missing)?)? })
}

/// AC-21.
pub(crate) async fn deactivate(_: Desk) -> Result<Page, Problem> {
    let body = html! {
        div role="alert" class="no" { p { strong { "A license server is not deactivated on this page." } " It goes automatically or by telephone only (AC-21)." } }
        ul {
            li { "Automatically: " code { "tsl deactivate" } ", with names, company, country and an e-mail address (AC-23)." }
            li { "By telephone: call the clearinghouse (" code { "tsl phone clearinghouse" } ") for a confirmation code (AC-22)." }
        }
        p { "Deactivate when the certificate has ended or is damaged, or when the machine gets another job (AC-20)." }
    };
    Ok(page(200, "Deactivate a license server", body))
}

/// AC-31.
pub(crate) async fn install_form(_: Desk) -> Result<Page, Problem> {
    let form = Install { request: random::request_id().to_string(), version: "5.2".to_owned(), ..Install::default() };
    Ok(page(200, INSTALL, pack(&form)))
}

/// AC-31, AC-03.
pub(crate) async fn install(desk: Desk, Sender(address): Sender, Form(form): Form<Install>) -> Result<Page, Problem> {
    let issued = match form.issue() {
        Ok(asked) => person::issue_for(&desk, Caller::Visitor(address), asked).await,
        Err(problem) => Err(problem),
    };
    Ok(match issued {
        Ok(typed) => {
            let shown = in_fives(typed.key_pack_id.as_str());
            let (total, kind, version) = (typed.pack.total, typed.pack.product_type, typed.pack.version);
            let body = html! {
                p { (total) " " (kind) " CALs of version " (version) ". This is their license key pack ID:" }
                (code("key-pack-id", &shown))
                p { "Type it into the license server that it was issued for: " code { "tsl install --key-pack-id " (shown) } }
            };
            page(200, "Your license key pack", body)
        }
        Err(problem) => refused(INSTALL, &problem, pack(&Install { request: random::request_id().to_string(), ..form })),
    })
}

async fn register(desk: &Desk, Sender(address): Sender, form: &Activation) -> Result<Registered, Problem> {
    person::register_for(desk, Caller::Visitor(address), form.register()?).await
}

fn told(form: &Activation, registered: &Registered) -> Markup {
    let shown = registered.license_server_id.in_fives();
    let reason = if form.reason.is_empty() { String::new() } else { format!(" --reason {}", form.reason) };
    html! {
        p { "This is the License Server ID of " (form.name) ":" }
        (code("license-server-id", &shown))
        p { "Type it into the license server: " code { "tsl activate --id " (shown) (reason) } }
        p { "The registration ends on " (registered.until) "." }
        @if registered.certificate.is_some() {
            form method="post" action="/web/certificate" {
                input type="hidden" name="product_id" value=(form.product_id);
                p { "The certificate may be carried to the license server as a file; it then signs under the clearinghouse's chain (CE-15)." }
                button { "Download the certificate" }
            }
        } @else {
            p { "No certificate request was pasted, so the server signs under its own certificate: terminal servers that have pinned its key believe it (CE-15)." }
        }
    }
}

fn activation(form: &Activation, reasons: Option<&[(&str, &str)]>) -> Markup {
    let action = if reasons.is_some() { "/web/reactivate" } else { "/web/activate" };
    html! {
        form method="post" action=(action) {
            input type="hidden" name="request" value=(form.request);
            @if let Some(reasons) = reasons { (choice("Reason", "reason", &form.reason, reasons)) }
            fieldset {
                legend { "License server" }
                (line("Name", "name", &form.name, "its computer name, such as LS1"))
                (line("Product ID", "product_id", &form.product_id, "digits in groups of 5-3-7-5"))
                (lines("Key text", "key_text", &form.key_text, "14 groups of five, as the license server shows it"))
                (lines("Certificate request (may be left out)", "certificate_request", &form.certificate_request, "paste it where you want a certificate as a file beside the ID"))
            }
            fieldset {
                legend { "Registrant" }
                (line("First name", "first_name", &form.first_name, "required"))
                (line("Last name", "last_name", &form.last_name, "required"))
                (line("Company", "company", &form.company, "required"))
                (line("Country or region", "country", &form.country, "required"))
                (line("E-mail address", "email", &form.email, ""))
                (line("Organizational unit", "unit", &form.unit, ""))
                (line("Address", "address", &form.address, ""))
                (line("City", "city", &form.city, ""))
                (line("State or province", "state", &form.state, ""))
                (line("Postal code", "postal_code", &form.postal_code, ""))
            }
            button { "Get the License Server ID" }
        }
    }
}

fn pack(form: &Install) -> Markup {
    html! {
        form method="post" action="/web/install" {
            input type="hidden" name="request" value=(form.request);
            (line("License Server ID", "server", &form.server, "35 letters and digits; or the Product ID"))
            (choice("Bought how", "program", &form.program, PROGRAMS))
            (line("Retail license code", "code", &form.code, "retail only: 25 letters and digits"))
            (line("License, enrollment or agreement number", "number", &form.number, "all but retail"))
            (line("Authorization number", "authorization", &form.authorization, "all but retail: 15 letters and digits, beside the other number on the papers"))
            fieldset {
                legend { "All but retail" }
                (choice("Product version", "version", &form.version, VERSIONS))
                (choice("Type", "product_type", &form.product_type, &[("device", "Device CALs"), ("user", "User CALs")]))
                (line("Quantity", "quantity", &form.quantity, "1 to 9999"))
            }
            button { "Get the license key pack ID" }
        }
    }
}

/// What was turned down is answered for good: the corrected form is another request.
fn again(form: Activation) -> Activation {
    Activation { request: random::request_id().to_string(), ..form }
}

fn fresh_activation() -> Activation {
    Activation { request: random::request_id().to_string(), ..Activation::default() }
}

const ACTIVATE: &str = "Activate a license server";
const REACTIVATE: &str = "Reactivate a license server";
const INSTALL: &str = "Install client access licenses";
const REASONS: &[(&str, &str)] = &[
    ("", "Choose one"),
    ("redeployed", "0: it was redeployed"),
    ("certificate-corrupt", "1: its certificate is corrupt"),
    ("key-compromised", "2: its private key is compromised"),
    ("registration-expired", "3: its registration has expired"),
    ("server-upgraded", "4: it was upgraded"),
];
const PROGRAMS: &[(&str, &str)] = &[
    ("retail", "Retail package"),
    ("open", "Open License"),
    ("select", "Select License"),
    ("enterprise", "Enterprise Agreement"),
    ("campus", "Campus Agreement"),
    ("school", "School Agreement"),
    ("services-provider", "Services Provider License Agreement"),
    ("other", "Open Value, Multi-Year Open, Open Subscription"),
];
const VERSIONS: &[(&str, &str)] = &[("5.0", "5.0: Windows 2000"), ("5.2", "5.2: Windows Server 2003"), ("6.0", "6.0: Windows Server 2008")];
