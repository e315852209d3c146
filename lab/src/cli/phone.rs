//! `tsl phone`: whoever is called, played at this terminal.

use clap::Args;

use super::Context;
use crate::failure::Failure;
use crate::phone::{self, Dialogue};
use crate::place::Kind;

#[derive(Args, Debug)]
pub(crate) struct Phone {
    /// Who is called
    #[arg(value_enum)]
    who: Who,
    /// In writing, to the clearinghouse: a license server of Windows 2000 may fax (W2K-18)
    #[arg(long)]
    fax: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Who {
    /// Activates license servers, issues packs, deactivates, recovers, reissues, moves
    Clearinghouse,
    /// Product Support: good CALs that lead to no connection, IDs that are refused
    Support,
    /// Sells CALs, finds lost numbers
    Reseller,
}

impl Phone {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.fax && self.who != Who::Clearinghouse {
            return Err(Failure::Usage("only the clearinghouse has a fax".to_owned()));
        }
        let lab = context.lab()?;
        let desk = || lab.admin(Kind::Clearinghouse, lab.clearinghouse()?);
        let mut dialogue = Dialogue::new(context.out, self.fax);
        match self.who {
            Who::Clearinghouse => phone::clearinghouse::call(&mut dialogue, &desk()?).await,
            Who::Support => phone::support::call(&mut dialogue),
            Who::Reseller => phone::reseller::call(&mut dialogue, &desk()?).await,
        }
    }
}
