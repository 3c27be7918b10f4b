//! Which company file is open.

use super::Guid;
use crate::qbxml::{BrokenAnswer, Element, Response};

/// The name of the custom field of a company that the Web Connector stores the `FileID` in.
const STAMP: &str = "FileID";

/// What the stamp of a company file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The file is that of the connection.
    Ours,
    /// The file belongs to another connection of ours.
    Other,
    /// The file has no stamp of ours, or QuickBooks did not say. The Web Connector makes the stamp when the user adds the `.qwc` file.
    Absent,
}

/// The company whose file is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCompany {
    /// Its name, for messages.
    pub name: Option<String>,
    /// Whether it is the company of the connection.
    pub stamp: Stamp,
}

impl OpenCompany {
    /// Reads `strHCPResponse` of the first `sendRequestXML` of a session. In later calls it is empty, and says nothing.
    ///
    /// # Errors
    /// [`BrokenAnswer`].
    pub fn read(hcp_response: &str, owner: &Guid, file: &Guid) -> Result<Self, BrokenAnswer> {
        if hcp_response.trim().is_empty() {
            return Ok(Self { name: None, stamp: Stamp::Absent });
        }
        let answers = Response::parse(hcp_response)?;
        let companies = answers.iter().filter(|answer| answer.name == "CompanyQueryRs").flat_map(|answer| &answer.returned);
        let company = companies.into_iter().find(|returned| returned.name == "CompanyRet");
        let name = company.and_then(|company| {
            let names = ["CompanyName", "LegalCompanyName"].iter().filter_map(|name| company.text_of(name));
            names.map(str::trim).find(|name| !name.is_empty()).map(str::to_owned)
        });
        let stamps: Vec<_> = company.map(|company| stamps(company, owner).collect()).unwrap_or_default();
        let stamp = match stamps.as_slice() {
            [] => Stamp::Absent,
            stamps if stamps.contains(file) => Stamp::Ours,
            _ => Stamp::Other,
        };
        Ok(Self { name, stamp })
    }
}

/// The `FileID`s that a company has from this owner.
fn stamps<'a>(company: &'a Element, owner: &'a Guid) -> impl Iterator<Item = Guid> + 'a {
    let fields = company.children("DataExtRet").filter(move |field| {
        field.text_of("DataExtName") == Some(STAMP) && field.text_of("OwnerID").and_then(Guid::parse).as_ref() == Some(owner)
    });
    fields.filter_map(|field| field.text_of("DataExtValue").and_then(Guid::parse))
}
