//! What the services of QuickBooks Desktop need to know of qbXML and of `.qwc` files. Implemented by the crate `desktop`.

/// qbXML documents and `.qwc` files.
pub trait Qbxml: Send + Sync {
    /// The `.qwc` file that adds Counterfoil to a Web Connector. The same fields give the same bytes. `None` if a Web Connector would refuse
    /// it: the base URL must be https, except on `localhost`, and name its host.
    fn qwc(&self, fields: &QwcFields<'_>) -> Option<String>;

    /// A document that asks QuickBooks for its version: the cheapest request.
    fn host_query(&self) -> String;

    /// The same document with half of the `MaxReturned` of its iterator; `None` if it has none, or one that cannot be halved.
    fn halved(&self, document: &str) -> Option<String>;

    /// The same document in the newest version of qbXML, up to its own, that this QuickBooks speaks too, by `qbXMLMajorVers`, which is 0 if the
    /// Web Connector does not say it; `None` if the QuickBooks is too old.
    fn for_version(&self, document: &str, major: u16) -> Option<String>;

    /// Whether a document of answers has one that did not fail. A query that found nothing did not fail.
    fn is_success(&self, document: &str) -> bool;

    /// Whether an HRESULT says that QuickBooks has not carried out a request that it was given. After any other one it may have.
    fn is_refusal(&self, hresult: &str) -> bool;

    /// Whether a document continues an iterator of QuickBooks, which has moved on when the answer is lost.
    fn is_continuation(&self, document: &str) -> bool;

    /// Which company file is open, by what the Web Connector sent of it with its first request.
    fn open_company(&self, host_answer: &str, owner_id: &str, file_id: &str) -> OpenCompany;
}

/// The company file that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenCompany {
    /// The Web Connector did not say.
    NotSaid,
    /// The file of the connection: it has the `FileID`.
    Ours,
    /// A file with another `FileID`, with the company's name.
    Other(String),
    /// A file without a `FileID` of this owner, with the company's name. The Web Connector writes it when the user adds the `.qwc` file.
    WithoutId(String),
}

/// The variable fields of a `.qwc` file.
#[derive(Debug, Clone, Copy)]
pub struct QwcFields<'a> {
    /// The base of all addresses.
    pub base_url: &'a str,
    /// The name of the partner.
    pub partner: &'a str,
    /// The name of the end user's company.
    pub company: &'a str,
    /// The user name of the Web Connector.
    pub user_name: &'a str,
    /// A GUID of the partner's application.
    pub owner_id: &'a str,
    /// A GUID of the company file.
    pub file_id: &'a str,
}
