//! What breaks inside a terminal server, and its certificate values (FT-12, section 10).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use shared::wire::terminal_server::{CertificateState, CertificateView, Fault, FaultChange};

use super::Context;
use super::on::OnTerminalServer;
use crate::clients::write_atomically;
use crate::failure::Failure;

#[derive(Subcommand, Debug)]
pub(crate) enum Certificate {
    /// Show the values and how they stand
    #[command(after_help = "Example:  tsl certificate show")]
    Show {
        #[command(flatten)]
        on: OnTerminalServer,
    },
    /// Keep a copy of what the values say
    #[command(after_help = "Example:  tsl certificate backup certificate.json\nRule: FT-12 (back up before you delete).")]
    Backup {
        #[command(flatten)]
        on: OnTerminalServer,
        /// The file to write
        file: PathBuf,
    },
    /// Delete the values; the next start of the server makes new ones
    #[command(after_help = "Example:  tsl certificate delete && tsl service restart TS1\nRule: FT-12.")]
    Delete {
        #[command(flatten)]
        on: OnTerminalServer,
    },
}

impl Certificate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (Certificate::Show { on } | Certificate::Backup { on, .. } | Certificate::Delete { on }) = &self;
        let api = on.api(context)?;
        if matches!(self, Certificate::Delete { .. }) {
            api.delete("/certificate").await?;
        }
        let view: CertificateView = api.get("/certificate").await?;
        if let Certificate::Backup { file, .. } = &self {
            let json = serde_json::to_vec_pretty(&view).map_err(|error| Failure::file(file, error))?;
            write_atomically(file, &json).map_err(|error| Failure::file(file, error))?;
            return context.out.show(&view, |out| out.line(&format!("written to {}", file.display())));
        }
        context.out.show(&view, |out| {
            out.line("HKLM\\System\\CurrentControlSet\\Services\\TermService\\Parameters");
            for value in &view.values {
                out.line(&format!("  {value}"));
            }
            out.line(match view.state {
                CertificateState::Whole => "the values are whole",
                CertificateState::Damaged => "the values cannot be read: delete them and restart the server (FT-12)",
                CertificateState::Deleted => "the values were deleted: restart the server, which makes new ones (FT-12)",
            });
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Break {
    #[command(flatten)]
    on: OnTerminalServer,
    /// What breaks
    #[arg(value_enum)]
    what: FaultName,
    /// Make it whole again
    #[arg(long)]
    mend: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FaultName {
    /// The certificate values, as an upgrade may do: clients get a security error (FT-12)
    Certificate,
    /// Licensing itself: clients get code 256, event 1004 is logged
    Internal,
}

impl Break {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (fault, name) = match self.what {
            FaultName::Certificate => (Fault::Certificate, "the certificate values"),
            FaultName::Internal => (Fault::Internal, "licensing itself"),
        };
        let view: CertificateView = self.on.api(context)?.post("/lab/faults", &FaultChange { fault, broken: !self.mend }).await?;
        let now = if self.mend { "whole again" } else { "broken" };
        context.out.show(&view, |out| out.line(&format!("{name}: {now}")))
    }
}
