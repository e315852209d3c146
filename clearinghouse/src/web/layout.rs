//! What all pages share: head, style, navigation, fields, the way in which a page says no.

use chassis::http::Page;
use maud::{DOCTYPE, Markup, html};
use shared::rulebook::listed;
use shared::wire::problem::Problem;

/// A whole page.
pub(super) fn page(status: u16, title: &str, body: Markup) -> Page {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " - Clearinghouse" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    a href="/web" { "Terminal Server Licensing: Clearinghouse" }
                    p { "A lab. It vouches for license servers and sells nothing (AC-34, AC-45)." }
                }
                nav aria-label="Pages" {
                    ul {
                        li { a href="/web/activate" { "Activate a license server" } }
                        li { a href="/web/install" { "Install CALs" } }
                        li { a href="/web/reactivate" { "Reactivate" } }
                        li { a href="/web/deactivate" { "Deactivate" } }
                        li { a href="/web/xp" { "Windows XP Professional offer" } }
                        li { a href="/web/mail" { "Lab mailbox" } }
                    }
                }
                main { h1 { (title) } (body) }
            }
        }
    };
    Page { status, html: document.into_string(), style: STYLE, retry_after_s: None }
}

/// The same form again, with what was wrong on top.
pub(super) fn refused(title: &str, problem: &Problem, form: Markup) -> Page {
    let body = html! {
        div role="alert" class="no" {
            p { strong { (problem.title) "." } " " (sentence(&problem.detail)) }
            p { (problem.cure) }
            @if !problem.rules.is_empty() { p { small { "Rules: " (listed(&problem.rules)) } } }
        }
        (form)
    };
    Page { retry_after_s: problem.retry_after_s, ..page(problem.status, title, body) }
}

/// A line to fill in.
pub(super) fn line(label: &str, name: &str, value: &str, hint: &str) -> Markup {
    html! {
        label for=(name) { (label) @if !hint.is_empty() { small { (hint) } } }
        input id=(name) name=(name) value=(value) maxlength="200" autocomplete="off";
    }
}

/// Several lines to fill in.
pub(super) fn lines(label: &str, name: &str, value: &str, hint: &str) -> Markup {
    html! {
        label for=(name) { (label) @if !hint.is_empty() { small { (hint) } } }
        textarea id=(name) name=(name) rows="5" maxlength="8000" autocomplete="off" spellcheck="false" { (value) }
    }
}

/// One of several values.
pub(super) fn choice(label: &str, name: &str, value: &str, choices: &[(&str, &str)]) -> Markup {
    html! {
        label for=(name) { (label) }
        select id=(name) name=(name) {
            @for (key, words) in choices { option value=(key) selected[*key == value] { (words) } }
        }
    }
}

/// A code as it is copied by hand: groups of five that do not break, and nothing to select by mistake.
pub(super) fn code(id: &str, in_fives: &str) -> Markup {
    html! { p { output id=(id) class="code" { (in_fives) } } }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Dark on white, links underlined, a strong outline for whoever comes by keyboard.
const STYLE: &str = "body{margin:0 auto;max-width:46rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:#111;background:#fff}\
header a{font-weight:bold;font-size:1.2rem}a{color:#003c8f}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}\
label{display:block;margin-top:.8rem;font-weight:bold}label small{display:block;font-weight:normal;color:#333}\
input,textarea,select{width:100%;box-sizing:border-box;font:inherit;padding:.4rem;border:1px solid #444;border-radius:.2rem;background:#fff;color:#111}\
textarea,.code{font-family:ui-monospace,monospace}button{margin-top:1.2rem;font:inherit;padding:.5rem 1.2rem;border:0;border-radius:.2rem;background:#003c8f;color:#fff}\
:focus-visible{outline:3px solid #b35900;outline-offset:2px}.no{border-left:.4rem solid #a00;background:#fdecec;padding:.1rem 1rem}\
.code{font-size:1.2rem;background:#eef3fb;border:1px solid #003c8f;padding:.4rem .6rem;display:inline-block}fieldset{border:1px solid #999;margin-top:1rem}";
