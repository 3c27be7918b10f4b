//! The port of core's services.

use counterfoil_core::port::qbxml::{OpenCompany, Qbxml, QwcFields};

use crate::failure;
use crate::qbxml::{Element, Response, Version, document};
use crate::session::{self, DESCRIPTION_LONGEST, Guid, Qwc, Stamp, smaller_page};

/// qbXML documents and `.qwc` files.
#[derive(Debug, Clone, Copy)]
pub struct Protocol;

/// The path of the service that the Web Connector polls.
pub const SERVICE_PATH: &str = "/qbwc";
/// The longest name of a company that a sentence repeats, in characters. QuickBooks permits 59.
const NAME_LONGEST: usize = 100;
/// The end of a document's declaration, before its root.
const ROOT: &str = "<QBXML>";

impl Qbxml for Protocol {
    fn qwc(&self, fields: &QwcFields<'_>) -> Option<String> {
        let description: String = format!("Connects {} with {}.", fields.company, fields.partner);
        let description: String = description.chars().take(DESCRIPTION_LONGEST).collect();
        // The Web Connector refuses IP addresses, and http on any host but localhost.
        let base_url = fields.base_url.replacen("http://127.0.0.1", "http://localhost", 1);
        let service = format!("{base_url}{SERVICE_PATH}");
        let qwc = Qwc {
            app_name: fields.partner,
            app_url: &service,
            description: &description,
            support_url: &service,
            user_name: fields.user_name,
            owner: &Guid::parse(fields.owner_id)?,
            file: &Guid::parse(fields.file_id)?,
            is_unattended: false,
        };
        qwc.to_xml().inspect_err(|error| tracing::error!(%error, "a .qwc file could not be written")).ok()
    }

    fn host_query(&self) -> String {
        document(Version::OWN, vec![("host".to_owned(), Element::new("HostQueryRq"))]).expect("a request without parameters")
    }

    fn halved(&self, document: &str) -> Option<String> {
        let (declaration, root) = document.split_at(document.find(ROOT)?);
        let mut root = Element::parse(root).ok()?;
        // Without an iterator a caller could not tell a smaller page from the whole list.
        let requests = root.children.iter_mut().flat_map(|messages| &mut messages.children);
        let requests = requests.filter(|request| request.attribute("iterator").is_some());
        let mut limits = requests.flat_map(|request| &mut request.children).filter(|child| child.name == "MaxReturned");
        let limit = limits.next()?;
        limit.text = smaller_page(limit.text.trim().parse().ok()?)?.to_string();
        Some(format!("{declaration}{}", root.to_xml()))
    }

    fn for_version(&self, document: &str, major: u16) -> Option<String> {
        let (declarations, root) = document.split_at(document.find(ROOT)?);
        let version = Version::declared(declarations).unwrap_or(Version::OWN).spoken_with(major)?;
        Some(format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"{version}\"?>{root}"))
    }

    fn is_success(&self, document: &str) -> bool {
        Response::parse(document).is_ok_and(|responses| responses.iter().any(|response| !response.is_failed()))
    }

    fn is_refusal(&self, hresult: &str) -> bool {
        failure::is_refusal(hresult)
    }

    fn is_continuation(&self, document: &str) -> bool {
        let root = document.find(ROOT).and_then(|root| Element::parse(&document[root..]).ok());
        let continues = |request: &Element| request.attribute("iterator") == Some("Continue");
        root.is_some_and(|root| root.children.iter().flat_map(|messages| &messages.children).any(continues))
    }

    fn open_company(&self, host_answer: &str, owner_id: &str, file_id: &str) -> OpenCompany {
        let (Some(owner), Some(file)) = (Guid::parse(owner_id), Guid::parse(file_id)) else { return OpenCompany::NotSaid };
        let Ok(open) = session::OpenCompany::read(host_answer, &owner, &file) else { return OpenCompany::NotSaid };
        let name = open.name.map(|name| name.chars().take(NAME_LONGEST).collect::<String>());
        match (open.stamp, name) {
            (Stamp::Ours, _) => OpenCompany::Ours,
            (Stamp::Other, name) => OpenCompany::Other(name.unwrap_or_else(|| "another company".to_owned())),
            (Stamp::Absent, Some(name)) => OpenCompany::WithoutId(name),
            (Stamp::Absent, None) => OpenCompany::NotSaid,
        }
    }
}
