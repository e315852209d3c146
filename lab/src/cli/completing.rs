//! Completion of a command line: the scripts for the shells, and what they ask for while somebody types: servers, devices, pages.

use std::any::TypeId;
use std::io::{self, Write as _};
use std::path::Path;

use clap::{Arg, Command};
use clap_complete::Shell;
use shared::model::{DeviceName, ServerName};

use super::Context;
use crate::failure::Failure;
use crate::place::Lab;

/// What `tsl completions --help` adds.
pub(crate) const HELP: &str = "\
Completes commands and switches; with bash, zsh and fish also what is in the lab: its servers and devices, and the pages in docs/labs.

Example:  tsl completions bash > ~/.local/share/bash-completion/completions/tsl
          tsl completions zsh > ~/.zfunc/_tsl           (a folder of $fpath)
          tsl completions fish > ~/.config/fish/completions/tsl.fish";

/// Writes the script for a shell.
pub(crate) fn script(command: &mut Command, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "tsl", &mut script);
    script.extend_from_slice(
        match shell {
            Shell::Bash => BASH,
            Shell::Zsh => ZSH,
            Shell::Fish => FISH,
            // What is in the lab is asked for by these three only.
            Shell::Elvish | Shell::PowerShell | _ => "",
        }
        .as_bytes(),
    );
    io::stdout().write_all(&script).map_err(|error| Failure::Broken(format!("the script could not be written: {error}")))
}

/// Prints what may stand where the last of these words is being typed, a candidate a line; nothing where that is not a matter of the lab.
pub(crate) fn candidates(context: &Context, root: &Command, words: &[String]) {
    let Some((typed, before)) = words.split_last() else { return };
    let Some(wanted) = wanted(root, before) else { return };
    let all = match wanted {
        Wanted::Server => servers(context),
        Wanted::Device => devices(context),
        Wanted::Page => pages(Path::new("docs/labs")),
    };
    all.iter().filter(|name| name.starts_with(typed.as_str())).for_each(|name| context.out.line(name));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Server,
    Device,
    Page,
}

/// What the word that follows these stands for.
fn wanted(root: &Command, before: &[String]) -> Option<Wanted> {
    let mut command = root;
    let mut place = 0;
    let mut value_of: Option<&Arg> = None;
    for word in before {
        if value_of.take().is_some() {
            continue;
        }
        if let Some(long) = word.strip_prefix("--") {
            let argument = command.get_arguments().chain(root.get_arguments()).find(|argument| argument.get_long() == Some(long));
            value_of = argument.filter(|argument| argument.get_action().takes_values());
        } else if let Some(deeper) = command.find_subcommand(word) {
            (command, place) = (deeper, 0);
        } else {
            place += 1;
        }
    }
    if let Some(argument) = value_of {
        return of(argument);
    }
    let mut positionals = command.get_positionals();
    // A list goes on to the end of the line.
    let last = command.get_positionals().last().filter(|last| last.get_num_args().is_none_or(|number| number.max_values() > 1));
    of(positionals.nth(place).or(last)?)
}

fn of(argument: &Arg) -> Option<Wanted> {
    let kind = argument.get_value_parser().type_id();
    match argument.get_id().as_str() {
        "page" => Some(Wanted::Page),
        "devices" => Some(Wanted::Device),
        _ if kind == TypeId::of::<ServerName>() => Some(Wanted::Server),
        _ if kind == TypeId::of::<DeviceName>() => Some(Wanted::Device),
        _ => None,
    }
}

fn servers(context: &Context) -> Vec<String> {
    let names = |lab: Lab| lab.services().into_iter().map(|(_, place)| place.name.to_string()).collect();
    context.lab().map(names).unwrap_or_default()
}

fn devices(context: &Context) -> Vec<String> {
    let names = context.lab().ok().and_then(|lab| lab.clients().names().ok()).unwrap_or_default();
    names.iter().map(ToString::to_string).collect()
}

fn pages(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let mut pages: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    pages.sort();
    pages
}

/// Asks the lab first; where it knows nothing the generated function answers.
const BASH: &str = r#"
_tsl_lab() {
    local there
    there="$(tsl complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)"
    if [ -n "$there" ]; then
        COMPREPLY=($there)
    else
        _tsl "$@"
    fi
}
complete -F _tsl_lab -o nosort -o bashdefault -o default tsl
"#;

/// As for bash.
const ZSH: &str = r#"
_tsl_lab() {
    local -a there
    there=(${(f)"$(tsl complete -- ${words[2,CURRENT]} 2>/dev/null)"})
    if (( ${#there} )); then
        compadd -a there
    else
        _tsl "$@"
    fi
}
compdef _tsl_lab tsl
"#;

/// Fish adds up what all its rules say.
const FISH: &str = r#"
complete -c tsl -f -a '(tsl complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
"#;
