//! `tsl install`: with papers, by a typed id, or asked as the wizard asks.

use chassis::random;
use clap::Args;
use shared::model::PackId;
use shared::model::code::CodeKind;
use shared::wire::license_server::{InstallKeyPack, PackRow};

use super::papers::{How, Install, show_installed};
use super::words::typed_code;
use super::{Context, wizards};
use crate::failure::Failure;

/// `tsl install`: with papers, or by a typed id.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct InstallArgs {
    /// The license key pack ID that the clearinghouse's page showed or its representative read out (AC-03)
    #[arg(long, value_name = "35 CHARACTERS")]
    key_pack_id: Option<String>,
    #[command(flatten)]
    how: How,
    #[command(subcommand)]
    papers: Option<Install>,
}

impl InstallArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match (self.papers, self.key_pack_id) {
            (Some(papers), _) => papers.run(context).await,
            (None, Some(typed)) => {
                let key_pack_id = typed_code::<PackId>(CodeKind::KeyPackId, &typed)?;
                let request = self.how.request.unwrap_or_else(random::request_id);
                let row: PackRow = self.how.on.api(context)?.post("/packs/ids", &InstallKeyPack { request, key_pack_id }).await?;
                show_installed(context, &row)
            }
            (None, None) => wizards::install_wizard(context).await,
        }
    }
}
