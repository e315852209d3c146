//! `tsl lsreport`: everything that license servers have issued, as tab-separated text (TL-04).

use std::path::{Path, PathBuf};

use clap::Args;
use shared::model::{CalKind, LabTime, ServerName};
use shared::wire::license_server::{LicenseList, LicenseQuery, LicenseRow, PackList, Standing};

use super::Context;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::{Kind, Place};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
A line a license, columns separated by tabs: license id, key pack id, client, user, start, issue type, license type, end.
The original's switches are /F (--file), /D (--from, --to), /T (--temporaries), /W (--hardware-ids); its servers are --server.

Example:  tsl lsreport && column -ts \"$(printf '\\t')\" lsreport.txt
          tsl lsreport --server LS1,LS2 --file - --temporaries
Rules: TL-04, OQ-11 (what /T and /W do).";

#[derive(Args, Debug)]
pub(crate) struct LsReport {
    /// The license servers (all if left out)
    #[arg(long = "server", value_name = "NAME", value_delimiter = ',')]
    servers: Vec<ServerName>,
    /// The file to write; - prints it
    #[arg(long, default_value = "lsreport.txt", value_name = "FILE")]
    file: PathBuf,
    /// Only licenses that begin at this moment or later
    #[arg(long, value_name = "MOMENT")]
    from: Option<LabTime>,
    /// Only licenses that begin before this moment
    #[arg(long, value_name = "MOMENT")]
    to: Option<LabTime>,
    /// Only temporary licenses
    #[arg(long)]
    temporaries: bool,
    /// Add a column with the hardware ids
    #[arg(long)]
    hardware_ids: bool,
}

impl LsReport {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut places: Vec<&Place> = Vec::new();
        for name in &self.servers {
            places.push(lab.license_server(Some(name))?);
        }
        if self.servers.is_empty() {
            places.extend(&lab.file().license_servers);
        }
        let mut text = String::new();
        let mut count = 0_usize;
        let mut all = Vec::new();
        for place in places {
            let api = lab.admin(Kind::LicenseServer, place)?;
            let list: PackList = api.packs().await?;
            let mut rows = licenses(&api, None).await?;
            rows.retain(|row| self.wants(row));
            count += rows.len();
            text.push_str(&format!("License server: {}\n{}\n", place.name, self.header().join("\t")));
            for row in &rows {
                text.push_str(&self.columns(row, &list).join("\t"));
                text.push('\n');
            }
            all.extend(rows);
        }
        if context.out.json {
            return context.out.show(&all, |_| ());
        }
        if self.file == Path::new("-") {
            context.out.line(text.trim_end());
            return Ok(());
        }
        std::fs::write(&self.file, text).map_err(|error| Failure::file(&self.file, error))?;
        context.out.line(&format!("{count} licenses written to {}", self.file.display()));
        Ok(())
    }

    fn wants(&self, row: &LicenseRow) -> bool {
        let begins = row.cal.issued_at;
        self.from.is_none_or(|from| from <= begins)
            && self.to.is_none_or(|to| begins < to)
            && (!self.temporaries || row.cal.kind == CalKind::Temporary)
    }

    fn header(&self) -> Vec<&'static str> {
        let mut header = vec!["License ID", "Key pack ID", "Client", "User", "Start", "Issue type", "License type", "End"];
        header.extend(self.hardware_ids.then_some("Hardware ID"));
        header
    }

    fn columns(&self, row: &LicenseRow, packs: &PackList) -> Vec<String> {
        let cal = &row.cal;
        let pack = cal.pack().map_or_else(|| "-".to_owned(), ToString::to_string);
        let of = cal.pack().and_then(|id| packs.packs.iter().find(|row| row.pack.id == *id)).map(|row| row.pack.product_type);
        let of = of.map_or_else(|| "device".to_owned(), |of| of.to_string());
        let issue_type = match (cal.kind, row.standing) {
            (CalKind::Temporary, Standing::Closed) => "temporary, upgraded",
            (CalKind::Temporary, _) => "temporary",
            (CalKind::Permanent, Standing::Revoked) => "permanent, revoked",
            (CalKind::Permanent, _) if cal.is_built_in() => "built-in",
            (CalKind::Permanent, _) => "permanent",
        };
        let texts = [cal.id.to_string(), pack, cal.device.to_string(), cal.user.to_string(), cal.issued_at.to_string()];
        let mut columns = texts.to_vec();
        columns.extend([issue_type.to_owned(), format!("{} {of} CAL", cal.version), cal.expires_at.to_string()]);
        columns.extend(self.hardware_ids.then(|| cal.hardware_id.to_string()));
        columns
    }
}

/// Every license on record at a license server, or only those of a kind.
pub(crate) async fn licenses(api: &Api, kind: Option<CalKind>) -> Result<Vec<LicenseRow>, Failure> {
    let mut query = LicenseQuery { kind, limit: Some(1000), ..LicenseQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page: LicenseList = api.list("/licenses", &query).await?;
        rows.extend(page.licenses);
        query.after = page.next;
        if query.after.is_none() {
            return Ok(rows);
        }
    }
}
