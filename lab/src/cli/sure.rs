//! The question before something is lost for good.

use std::io;
use std::io::IsTerminal as _;

use crate::failure::Failure;

/// Asks at the terminal whether what `loss` says is meant; `yes` has answered already. Where nobody can be asked it is refused, with
/// `how` to say it on the command line.
///
/// # Errors
/// Nobody who could be asked, or whoever was asked did not say yes.
pub(crate) fn sure(loss: &str, yes: bool, how: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let terminal = console::Term::stderr();
    if !terminal.is_term() || !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{loss}; say so with: {how}")));
    }
    let asked = terminal.write_str(&format!("{loss}.\nGo on? Type yes: ")).and_then(|()| terminal.read_line());
    let answer = asked.map_err(|error| Failure::Broken(format!("the terminal: {error}")))?;
    match answer.trim().to_lowercase().as_str() {
        "yes" | "y" => Ok(()),
        _ => Err(Failure::Usage("nothing was deleted".to_owned())),
    }
}
