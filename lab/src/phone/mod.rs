//! The telephone: a conversation over standard input and output, menu by menu, code by code.
//!
//! Whoever is called reads codes out in groups and reads back what was told. A call reaches the clearinghouse's desk, never
//! the license server: the caller types there what was heard here.

pub mod clearinghouse;
pub mod reseller;
pub mod support;

use std::fmt::Display;
use std::io::BufRead as _;
use std::str::FromStr;

use shared::model::code::{CodeKind, as_typed, in_fives, read_groups};
use shared::model::{ContactMethod, ParseError, ProductType, ProductVersion, Purchase, ServerRef, VolumeProgram};
use shared::wire::clearinghouse::Wanted;

use crate::failure::Failure;
use crate::out::Out;

/// A call under way.
#[derive(Debug)]
pub struct Dialogue {
    out: Out,
    fax: bool,
}

impl Dialogue {
    /// A call, or the same in writing.
    #[must_use]
    pub fn new(out: Out, fax: bool) -> Self {
        Self { out, fax }
    }

    /// How the clearinghouse is reached.
    #[must_use]
    pub fn method(&self) -> ContactMethod {
        if self.fax { ContactMethod::Fax } else { ContactMethod::Telephone }
    }

    /// Something is said.
    pub fn say(&self, text: &str) {
        self.out.line(text);
    }

    /// Asks, and hears a line.
    ///
    /// # Errors
    /// If the caller has hung up: there is no more input.
    pub fn ask(&self, question: &str) -> Result<String, Failure> {
        self.say(question);
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map_err(|error| Failure::Broken(format!("the line is dead: {error}")))?;
        if read == 0 {
            return Err(Failure::Usage("the caller hung up in the middle of the call; nothing more was done".to_owned()));
        }
        Ok(line.trim().to_owned())
    }

    /// Asks until the answer can be understood, a few times.
    ///
    /// # Errors
    /// If it never can, or the caller hangs up.
    pub fn ask_for<T>(&self, question: &str, understand: impl Fn(&str) -> Result<T, String>) -> Result<T, Failure> {
        let mut question = question.to_owned();
        for _ in 0..TRIES {
            match understand(&self.ask(&question)?) {
                Ok(heard) => return Ok(heard),
                Err(why) => question = format!("I am sorry: {why}. Please say it again."),
            }
        }
        Err(Failure::Usage("the representative has hung up: please call again when you have it at hand".to_owned()))
    }

    /// Asks for something that has a form of its own.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_parsed<T: FromStr<Err = ParseError>>(&self, question: &str) -> Result<T, Failure> {
        self.ask_for(question, |heard| heard.parse().map_err(|error: ParseError| error.to_string()))
    }

    /// Asks for a code and reads it back; a mistyped group is named at once.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_code(&self, kind: CodeKind, question: &str) -> Result<String, Failure> {
        for _ in 0..TRIES {
            let code = self.ask_for(question, |heard| {
                let bare = as_typed(heard);
                read_groups(kind, &bare).map(|_| bare).map_err(|mistyped| mistyped.to_string())
            })?;
            self.say("I read back:");
            self.spell(&code);
            if self.yes("Is that right? (yes/no)")? {
                return Ok(code);
            }
        }
        Err(Failure::Usage("the representative has hung up: please call again when you have it at hand".to_owned()))
    }

    /// Reads a code out in groups, or writes it in one line.
    pub fn spell(&self, code: &str) {
        if self.fax {
            self.say(&format!("  {}", in_fives(code)));
            return;
        }
        for (group, number) in in_fives(code).split('-').zip(1..) {
            let letters: Vec<String> = group.chars().map(|letter| letter.to_string()).collect();
            self.say(&format!("  group {number:>2}:  {}", letters.join(" ")));
        }
    }

    /// Tells a code so that it can be written down.
    pub fn tell_code(&self, what: &str, code: &str) {
        self.say(&format!("Your {what}. Please write it down:"));
        self.spell(code);
        self.say(&format!("I repeat: {}", in_fives(code)));
    }

    /// A yes or a no.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn yes(&self, question: &str) -> Result<bool, Failure> {
        self.ask_for(question, |heard| match heard.to_ascii_lowercase().as_str() {
            "yes" | "y" => Ok(true),
            "no" | "n" => Ok(false),
            _ => Err("yes or no".to_owned()),
        })
    }

    /// A choice from a menu, by number.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn choose(&self, question: &str, choices: &[&str]) -> Result<usize, Failure> {
        let list: Vec<String> = choices.iter().zip(1..).map(|(choice, number)| format!("  {number}  {choice}")).collect();
        self.ask_for(&format!("{question}\n{}", list.join("\n")), |heard| match heard.parse::<usize>() {
            Ok(number) if (1..=choices.len()).contains(&number) => Ok(number),
            _ => Err(format!("a number from 1 to {}", choices.len())),
        })
    }

    /// The license server: by its License Server ID or its Product ID.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_server(&self, question: &str) -> Result<ServerRef, Failure> {
        let server = self.ask_for(question, |heard| {
            if let Ok(product_id) = heard.parse() {
                return Ok(ServerRef::Product(product_id));
            }
            let bare = as_typed(heard);
            read_groups(CodeKind::LicenseServerId, &bare).map_err(|mistyped| mistyped.to_string())?;
            bare.parse().map(ServerRef::Id).map_err(|error: ParseError| error.to_string())
        })?;
        self.say(&format!("Thank you: {server}."));
        Ok(server)
    }

    /// The papers of a purchase (AC-04 to AC-07, AC-48).
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_papers(&self) -> Result<Purchase, Failure> {
        let programs =
            ["a retail package", "Open License", "Select", "Enterprise", "Campus", "School", "Services Provider", "another agreement"];
        let authorization = || self.ask_parsed("The authorization number, please: fifteen letters and digits.");
        let volume = |agreement| {
            let enrollment = self.ask_parsed("The enrollment number, please: seven digits.")?;
            Ok(Purchase::Volume { agreement, enrollment, authorization: authorization()? })
        };
        match self.choose("How were the CALs bought? The number, please:", &programs)? {
            1 => {
                let code = self.ask_code(CodeKind::Retail, "The retail license code, please: five groups of five.")?;
                code.parse().map(|code| Purchase::Retail { code }).map_err(misheard)
            }
            2 => Ok(Purchase::Open {
                license: self.ask_parsed("The license number, please: eight digits.")?,
                authorization: authorization()?,
            }),
            3 => volume(VolumeProgram::Select),
            4 => volume(VolumeProgram::Enterprise),
            5 => volume(VolumeProgram::Campus),
            6 => volume(VolumeProgram::School),
            7 => volume(VolumeProgram::ServicesProvider),
            _ => Ok(Purchase::Other {
                agreement: self.ask_parsed("The agreement number, please: seven digits.")?,
                authorization: authorization()?,
            }),
        }
    }

    /// Version, type and number of CALs (AC-08).
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_wanted(&self) -> Result<Wanted, Failure> {
        let version: ProductVersion = self.ask_parsed("Which product version: 5.0 (Windows 2000), 5.2 (2003) or 6.0 (2008)?")?;
        let product_type = match self.choose("Device or user CALs? The number, please:", &["device", "user"])? {
            1 => ProductType::Device,
            _ => ProductType::User,
        };
        Ok(Wanted { version, product_type, quantity: self.ask_number("How many?")? })
    }

    /// A whole number.
    ///
    /// # Errors
    /// As [`Dialogue::ask_for`].
    pub fn ask_number(&self, question: &str) -> Result<u32, Failure> {
        self.ask_for(question, |heard| heard.parse().map_err(|_| "a whole number".to_owned()))
    }
}

/// Something that was understood and yet is not what it has to be.
pub(crate) fn misheard(error: impl Display) -> Failure {
    Failure::Broken(error.to_string())
}

/// How often somebody asks again.
const TRIES: usize = 3;
