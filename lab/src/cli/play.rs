//! `tsl play`: a page performed on screen, step by step.

use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chassis::run::StopSignals;
use clap::{Args, Parser};

use super::Context;
use super::up::UpArgs;
use crate::failure::Failure;
use crate::out::Out;
use crate::page::{self, Shell};
use crate::performance::{self, Beat, OwnProgram};
use crate::place::DATA_FOLDER;
use crate::up::RunningLab;

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
A page is a Markdown file whose `console` blocks hold commands and what they print; docs/labs has many. Each command is shown,
waits for Enter, runs, and is compared with the page: where the lab says something else, the performance ends with exit code 1.

A lab that is up is used: that of ./tsl-data, of --lab, or of the TSL_ addresses. Without one, or with --own, the page gets a lab
of its own as its `console lab` line says, in a temporary folder, gone at the end.

Example:  tsl play docs/labs/01-first-connection.md
          tsl play --auto docs/labs/ft-10-modified-license.md       without Enter: for a recording or a script
Rules: FT-01 to FT-25 (docs/labs/ft-*.md).";

#[derive(Args, Debug)]
pub(crate) struct Play {
    /// The page
    page: PathBuf,
    /// Go on by itself instead of waiting for Enter
    #[arg(long)]
    auto: bool,
    /// With --auto: wait so long before each command, milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS", requires = "auto", value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pace: u64,
    /// Start a lab for this page even where one is up
    #[arg(long)]
    own: bool,
}

impl Play {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let text = std::fs::read_to_string(&self.page).map_err(|error| Failure::file(&self.page, error))?;
        let words = page::lab_words(&text).map_err(|error| Failure::Broken(format!("{}: {error}", self.page.display())))?;
        let program = OwnProgram::new()?;
        if !self.own && context.lab().is_ok() {
            let here = Shell::new(".", program.folder());
            let shell = context.addresses.variables().into_iter().fold(here, |shell, (name, value)| shell.with(name, value));
            let wanted = words.filter(|words| !words.is_empty()).map(|words| words.join(" "));
            return self.perform(context.out, text, shell).await.map_err(|failure| for_another_lab(failure, wanted.as_deref()));
        }
        self.on_own_lab(context.out, text, words.unwrap_or_default(), &program).await
    }

    async fn on_own_lab(self, out: Out, text: String, words: Vec<String>, program: &OwnProgram) -> Result<(), Failure> {
        let folder = program.folder().join("lab");
        let data = folder.join(DATA_FOLDER);
        std::fs::create_dir_all(&data).map_err(|error| Failure::file(&data, error))?;
        out.note(&format!("no lab is up: this page gets one of its own (tsl up {}), gone at the end", words.join(" ")));
        let _hold = crate::up::hold(&data)?;
        let mut stop = StopSignals::listen().map_err(|error| Failure::Broken(format!("signals cannot be received here: {error}")))?;
        let Some(mut lab) = own_lab(&words, data, &self.page, stop.told()).await? else {
            return Err(Failure::Usage("ended before its first command".to_owned()));
        };
        let shell = Shell::new(&folder, program.folder());
        let performed = tokio::select! {
            performed = self.perform(out, text, shell) => performed,
            () = stop.told() => Err(Failure::Usage("ended before its last command".to_owned())),
            failure = lab.finished() => Err(Failure::Broken(failure.to_string())),
        };
        // The first failure says more than what follows from it.
        let stopped = lab.stop().await;
        performed.and(stopped)
    }

    async fn perform(self, out: Out, text: String, shell: Shell) -> Result<(), Failure> {
        let name = self.page.display().to_string();
        let (auto, pace) = (self.auto, Duration::from_millis(self.pace));
        let performance = move || performance::perform(&text, &shell, |beat| show(out, beat, auto, pace));
        let ran = tokio::task::spawn_blocking(performance).await.map_err(|error| Failure::Broken(error.to_string()))?;
        match ran {
            Ok(ran) => out.show(&serde_json::json!({ "page": name, "commands": ran }), |out| {
                out.line(&format!("\n{name}: {ran} commands, and the lab said what the page says"));
            }),
            Err(Failure::Broken(why)) => Err(Failure::Broken(format!("{name}, {why}"))),
            Err(failure) => Err(failure),
        }
    }
}

/// A page that asks for a lab of its own may say something else on the one that is up.
fn for_another_lab(failure: Failure, wanted: Option<&str>) -> Failure {
    match (failure, wanted) {
        (Failure::Broken(why), Some(words)) => Failure::Broken(format!(
            "{why}\nthe page asks for a fresh lab (tsl up {words}): was the one that is up begun so? With --own the page gets it"
        )),
        (failure, _) => failure,
    }
}

/// The lab that a page's words ask for; the data folder is the performance's own.
async fn own_lab(words: &[String], data: PathBuf, page: &Path, told: impl Future<Output = ()>) -> Result<Option<RunningLab>, Failure> {
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        up: UpArgs,
    }
    let line = Line::try_parse_from(std::iter::once("tsl up".to_owned()).chain(words.iter().cloned()));
    let mut plan = line.map_err(|error| Failure::Usage(error.to_string()))?.up.plan(data);
    plan.first_port = 0;
    plan.asked.network = plan.asked.network.as_deref().map(|file| beside(page, file));
    crate::up::start(&plan, told).await
}

/// A file as a page names it: from here, or else from one of the folders above the page.
fn beside(page: &Path, file: &Path) -> PathBuf {
    let folders = page.ancestors().skip(1).map(|folder| folder.join(file));
    std::iter::once(file.to_owned()).chain(folders).find(|path| path.exists()).unwrap_or_else(|| file.to_owned())
}

fn show(out: Out, beat: Beat<'_>, auto: bool, pace: Duration) -> Result<(), Failure> {
    if out.json {
        return Ok(());
    }
    match beat {
        Beat::Text(lines) => out.line(&lines.join("\n")),
        Beat::Lab(words) => out.line(&format!("(the page's lab: tsl up {})", words.join(" "))),
        Beat::Command(step) => {
            out.line(&format!("$ {}", step.command));
            if auto {
                std::thread::sleep(pace);
            } else {
                wait_for_enter(out)?;
            }
        }
        Beat::Printed(printed) => out.line(printed.text.trim_end()),
    }
    Ok(())
}

fn wait_for_enter(out: Out) -> Result<(), Failure> {
    out.note("  [Enter goes on, q ends]");
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).map_err(|error| Failure::file(Path::new("standard input"), error))?;
    match (read, line.trim()) {
        (0, _) => Err(Failure::Usage("there is nobody who could press Enter; perform the page with --auto".to_owned())),
        (_, "q") => Err(Failure::Usage("ended before its last command".to_owned())),
        (_, _) => Ok(()),
    }
}
