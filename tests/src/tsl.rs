//! `tsl` as a person runs it: in a folder of its own, against a lab that `tsl up` runs there.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder to run `tsl` in; gone at the end.
pub struct Room {
    binary: PathBuf,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its exit code; -1 where a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A lab that `tsl up` runs; told to stop at the end, as with Ctrl-C.
pub struct Up {
    child: Child,
    out: BufReader<ChildStdout>,
    err: TempDir,
    said: String,
    ended: bool,
}

impl Room {
    /// An empty folder, in which the binary at this path is run.
    #[must_use]
    pub fn new(binary: &str) -> Self {
        Self { binary: PathBuf::from(binary), folder: TempDir::new().expect("a folder"), variables: Vec::new() }
    }

    /// Sets an environment variable for every command.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `tsl` in the folder, with no input, and with no lab but the folder's own in the environment.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TSL_")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end; the words are those between blanks.
    #[must_use]
    pub fn tsl(&self, words: &str) -> Said {
        Said::of(&mut self.command(&words.split_whitespace().collect::<Vec<_>>()))
    }

    /// The same with words that may hold blanks.
    #[must_use]
    pub fn tsl_words(&self, words: &[&str]) -> Said {
        Said::of(&mut self.command(words))
    }

    /// The same with standard input.
    #[must_use]
    pub fn tsl_reading(&self, words: &str, input: &str) -> Said {
        let mut command = self.command(&words.split_whitespace().collect::<Vec<_>>());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("tsl starts");
        let mut stdin = child.stdin.take().expect("its input");
        // A command that does not read its input has ended by now.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Said::from(child.wait_with_output().expect("tsl ends"))
    }

    /// Runs a command that must succeed; what it printed.
    pub fn done(&self, words: &str) -> String {
        let said = self.tsl(words);
        assert_eq!(said.exit, 0, "tsl {words}: {said:?}");
        said.out
    }

    /// Runs a command that must succeed with `--json`; what it printed.
    #[must_use]
    pub fn json(&self, words: &str) -> Value {
        let said = self.tsl(&format!("{words} --json"));
        assert_eq!(said.exit, 0, "tsl {words} --json: {said:?}");
        said.json()
    }

    /// Starts a lab with `tsl up` and these further words; comes back when the lab is ready.
    #[must_use]
    pub fn up(&self, words: &str) -> Up {
        let err = TempDir::new().expect("a folder");
        let log = File::create(err.path().join("log")).expect("a file for standard error");
        let mut command = self.command(&["up"]);
        let mut child =
            command.args(words.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::from(log)).spawn().expect("tsl up starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut up = Up { child, out, err, said: String::new(), ended: false };
        up.read_until_ready();
        up
    }
}

impl Said {
    fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("tsl starts"))
    }

    /// Standard output, which is one JSON document.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("not one JSON document ({error}): {self:?}"))
    }
}

impl From<std::process::Output> for Said {
    fn from(output: std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { exit: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Up {
    /// The last line for people is the hint at `--help`, for scripts the brace that ends the JSON document.
    fn read_until_ready(&mut self) {
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).expect("what tsl up says") == 0 {
                let status = self.child.wait().expect("its end");
                self.ended = true;
                panic!("tsl up ended ({status}) before the lab was ready: {}{}", self.said, self.complaints());
            }
            self.said.push_str(&line);
            if line.trim_end() == "}" || line.contains(" --help ") {
                return;
            }
        }
    }

    /// Standard output up to now.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, as with Ctrl-C in its terminal, and waits for its end.
    #[must_use]
    pub fn stop(mut self) -> Said {
        self.ended = true;
        terminate(&self.child);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("what tsl up says");
        self.said.push_str(&rest);
        let status = self.child.wait().expect("its end");
        Said { exit: status.code().unwrap_or(-1), out: self.said.clone(), err: self.complaints() }
    }

    fn complaints(&self) -> String {
        std::fs::read_to_string(self.err.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        terminate(&self.child);
        // Nobody is left who could be told how it ended.
        let _ = self.child.wait();
    }
}

/// SIGTERM: the lab ends cleanly.
fn terminate(child: &Child) {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(told.is_ok_and(|status| status.success()), "process {} could not be told to stop", child.id());
}
