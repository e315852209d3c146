//! The page for owners of Windows XP Professional, and the lab's mailbox (WS03-10, WS03-14).

use chassis::http::{Form, Page, Sender};
use chassis::random;
use maud::{Markup, html};
use shared::model::code::{as_typed, in_fives};
use shared::model::{RegistrantText, RetailCode};
use shared::wire::problem::Problem;

use super::forms::{Mailbox, Offer, parsed};
use super::layout::{choice, line, lines, page, refused};
use crate::desk::Desk;
use crate::guesses::Caller;

/// WS03-14, the steps in their order.
pub(crate) async fn form(_: Desk) -> Result<Page, Problem> {
    let form = Offer { request: random::request_id().to_string(), ..Offer::default() };
    Ok(page(200, TITLE, steps(&form)))
}

/// WS03-14: the tokens go to the mailbox.
pub(crate) async fn take(desk: Desk, Sender(address): Sender, Form(form): Form<Offer>) -> Result<Page, Problem> {
    Ok(match trade(&desk, Caller::Visitor(address), &form).await {
        Ok(count) => {
            let body = html! {
                p { (count) " license token" @if count != 1 { "s" } " went to " strong { (form.email) } ". In this lab the mail is in the " a href="/web/mail" { "mailbox" } "." }
                p { "A token is entered like a retail license code: by automatic connection, on the page " a href="/web/install" { "Install CALs" } ", or by telephone." }
            };
            page(200, "The license tokens are on their way", body)
        }
        Err(problem) => refused(TITLE, &problem, steps(&Offer { request: random::request_id().to_string(), ..form })),
    })
}

/// The lab's mailbox.
pub(crate) async fn mailbox(_: Desk) -> Result<Page, Problem> {
    Ok(page(200, "Lab mailbox", address(&Mailbox::default())))
}

/// What was sent to an address, shown to whoever has one of the product keys that it was sent for.
pub(crate) async fn letters(desk: Desk, Form(form): Form<Mailbox>) -> Result<Page, Problem> {
    let read = async {
        let to: RegistrantText = parsed("e-mail address", &form.email)?;
        let key: RetailCode = parsed("product key", &as_typed(&form.key))?;
        desk.engine().read(|registry, _| registry.letters(&to, &key)).await.map_err(|failed| failed.problem())
    };
    Ok(match read.await {
        Ok(letters) => {
            let body = html! {
                (address(&form))
                @if letters.is_empty() { p { "No mail for this address and this product key." } }
                @for letter in &letters {
                    h2 { "Your license tokens, " (letter.at) }
                    ul { @for token in &letter.tokens { li { span class="code" { (in_fives(token.as_str())) } } } }
                }
            };
            page(200, "Lab mailbox", body)
        }
        Err(problem) => refused("Lab mailbox", &problem, address(&form)),
    })
}

async fn trade(desk: &Desk, visitor: Caller, form: &Offer) -> Result<usize, Problem> {
    let offer = form.offer()?;
    let (request, count) = (offer.request.clone(), offer.keys.len());
    desk.offer(visitor, &request, offer).await.map(|()| count)
}

fn steps(form: &Offer) -> Markup {
    html! {
        p { "Each license of Windows XP Professional owned before 2003-04-24 gives one device CAL of Windows Server 2003, free of charge, until 2007-06-30 (WS03-10). Under a volume agreement the CALs are installed with the agreement's number, on the page " a href="/web/install" { "Install CALs" } "." }
        form method="post" action="/web/xp" {
            input type="hidden" name="request" value=(form.request);
            (choice("1. License type", "license_type", &form.license_type, &[("retail", "Retail package"), ("oem", "With a computer (OEM)")]))
            (line("2. E-mail address", "email", &form.email, "where the license tokens are sent"))
            (line("3. The same again", "email_again", &form.email_again, ""))
            (lines("4. Product keys", "keys", &form.keys, "from the packaging or the sticker on the computer, one a line; hyphens may be left out"))
            button { "5. Finish" }
        }
    }
}

fn address(form: &Mailbox) -> Markup {
    html! {
        p { "Nothing leaves the lab: what would be sent by e-mail is shown here." }
        form method="post" action="/web/mail" {
            (line("E-mail address", "email", &form.email, ""))
            (line("Product key", "key", &form.key, "one of those that were traded in: it shows that the mail is yours"))
            button { "Show the mail" }
        }
    }
}

const TITLE: &str = "Owners of Windows XP Professional";
