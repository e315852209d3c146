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

A page whose `console lab` line says which lab it needs gets that lab: in a temporary folder, on free ports, gone at the end; a lab that
is up is left alone. A page that any lab will do for is played on the one that is up (that of ./tsl-data, of --lab, or of the TSL_
addresses), and gets one of its own where none is.

Example:  tsl play docs/labs/01-first-connection.md
          tsl play --auto docs/labs/ft-10-modified-license.md       without Enter: for a recording or a script
          tsl play --keep --until 'Find the cause' docs/labs/ft-05-server-not-found.md    a broken lab, to be looked into by hand
          tsl play --here docs/labs/01-first-connection.md          on a lab in containers that was begun as the page says
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
    /// Start a lab for this page even where one is up that would do
    #[arg(long)]
    own: bool,
    /// Play on the lab that is up even where the page asks for another one
    #[arg(long, conflicts_with = "own")]
    here: bool,
    /// Stop before the section of this heading, such as 'Find the cause'
    #[arg(long, value_name = "HEADING")]
    until: Option<String>,
    /// Leave the page's own lab running at the end, until Ctrl-C, also where the page has failed
    #[arg(long)]
    keep: bool,
}

impl Play {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let name = self.page.display();
        let text = std::fs::read_to_string(&self.page).map_err(|error| Failure::file(&self.page, error))?;
        let words = page::lab_words(&text).map_err(|error| Failure::Broken(format!("{name}: {error}")))?;
        let text = match &self.until {
            None => text,
            Some(heading) => page::before_section(&text, heading).map_err(|there| {
                Failure::Usage(format!("{name} has no section {heading:?} to stop before; it has: {}", there.join(", ")))
            })?,
        };
        let program = OwnProgram::new()?;
        let up = context.lab();
        let wants_its_own = self.own || words.as_ref().is_some_and(|words| !words.is_empty());
        if self.here || (up.is_ok() && !wants_its_own) {
            up?;
            if self.keep {
                context.out.note("--keep: the lab that is up stays up anyway");
            }
            let here = Shell::new(".", program.folder());
            let shell = context.addresses.variables().into_iter().fold(here, |shell, (name, value)| shell.with(name, value));
            let ran = self.perform(context.out, text, shell).await.map_err(|failure| for_another_lab(failure, words.as_deref()))?;
            return self.played(context.out, ran, None);
        }
        let words = words.unwrap_or_default();
        let why = if up.is_ok() { "the lab that is up is left alone" } else { "no lab is up" };
        let end = if self.keep { "which stays until Ctrl-C" } else { "gone at the end" };
        context.out.note(&format!("{why}: this page gets one of its own (tsl up {}), {end}", words.join(" ")));
        self.on_own_lab(context.out, text, words, &program).await
    }

    async fn on_own_lab(self, out: Out, text: String, words: Vec<String>, program: &OwnProgram) -> Result<(), Failure> {
        let folder = program.folder().join("lab");
        let data = folder.join(DATA_FOLDER);
        std::fs::create_dir_all(&data).map_err(|error| Failure::file(&data, error))?;
        let _hold = crate::up::hold(&data)?;
        let mut stop = StopSignals::listen().map_err(|error| Failure::Broken(format!("signals cannot be received here: {error}")))?;
        let Some(mut lab) = own_lab(&words, data, &self.page, stop.told()).await? else {
            return Err(Failure::Usage("ended before its first command".to_owned()));
        };
        let shell = Shell::new(&folder, program.folder());
        let mut told = false;
        let performed = tokio::select! {
            performed = self.perform(out, text, shell) => performed,
            () = stop.told() => {
                told = true;
                Err(Failure::Usage("ended before its last command".to_owned()))
            }
            failure = lab.finished() => Err(Failure::Broken(failure.to_string())),
        };
        let mut shown = match &performed {
            Ok(ran) => self.played(out, *ran, self.keep.then_some(lab.lab_file.as_path())),
            Err(_) => Ok(()),
        };
        if self.keep && !told {
            if let Err(failure) = &performed {
                out.note(&format!("tsl: {failure}\n"));
            }
            out.note(&kept(&lab));
            tokio::select! {
                () = stop.told() => {}
                failure = lab.finished() => shown = shown.and(Err(Failure::Broken(failure.to_string()))),
            }
            out.note("stopping");
        }
        // The first failure says more than what follows from it.
        let stopped = lab.stop().await;
        performed.map(|_| ()).and(shown).and(stopped)
    }

    /// How many commands ran.
    async fn perform(&self, out: Out, text: String, shell: Shell) -> Result<usize, Failure> {
        let (auto, pace) = (self.auto, Duration::from_millis(self.pace));
        let performance = move || performance::perform(&text, &shell, |beat| show(out, beat, auto, pace));
        let ran = tokio::task::spawn_blocking(performance).await.map_err(|error| Failure::Broken(error.to_string()))?;
        ran.map_err(|failure| match failure {
            Failure::Broken(why) => Failure::Broken(format!("{}, {why}", self.page.display())),
            failure => failure,
        })
    }

    fn played(&self, out: Out, ran: usize, lab_file: Option<&Path>) -> Result<(), Failure> {
        let name = self.page.display().to_string();
        let mut value = serde_json::json!({ "page": name, "commands": ran });
        if let (Some(object), Some(file)) = (value.as_object_mut(), lab_file) {
            object.insert("lab_file".to_owned(), file.display().to_string().into());
        }
        let until = self.until.as_ref().map_or_else(String::new, |heading| format!(" up to {heading:?}"));
        out.show(&value, |out| out.line(&format!("\n{name}{until}: {ran} commands, and the lab said what the page says")))
    }
}

/// How the lab that stays is reached, and how it ends.
fn kept(lab: &RunningLab) -> String {
    format!(
        "The page's lab stays up until Ctrl-C here (or: kill {}); its folder goes with it. In a second terminal:\n\n  \
         export TSL_LAB_FILE={}\n  tsl status\n",
        std::process::id(),
        lab.lab_file.display()
    )
}

/// A page may say something else on the lab that is up than on the one that it asks for.
fn for_another_lab(failure: Failure, words: Option<&[String]>) -> Failure {
    match (failure, words) {
        (Failure::Broken(why), Some([])) => {
            Failure::Broken(format!("{why}\nthe page was written for a new lab of Windows Server 2003 (tsl up): with --own it gets one"))
        }
        (Failure::Broken(why), Some(words)) => Failure::Broken(format!(
            "{why}\nthe page asks for a new lab (tsl up {}): was the one that is up begun so? Without --here the page gets it",
            words.join(" ")
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
            step.typed.iter().for_each(|line| out.line(&format!("> {line}")));
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
