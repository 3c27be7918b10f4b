//! Decisions of a session.

use counterfoil_desktop::qbxml::BrokenAnswer;
use counterfoil_desktop::session::{Guid, OpenCompany, Stamp, smaller_page};

const OWNER: &str = "{57F3B9B6-86F1-4FCC-B1FF-966DE1813D20}";
const FILE: &str = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}";
const OTHER: &str = "{6B063959-81B0-4622-85D6-F548C8CCB517}";

fn guid(text: &str) -> Guid {
    Guid::parse(text).unwrap_or_else(|| panic!("{text}"))
}

/// What QuickBooks says about a company with these stamps: owner, name of the field, value.
fn open(company: &str, stamps: &[(&str, &str, &str)]) -> Result<OpenCompany, BrokenAnswer> {
    let stamps = stamps.iter().map(|(owner, name, value)| {
        format!("<DataExtRet><OwnerID>{owner}</OwnerID><DataExtName>{name}</DataExtName><DataExtValue>{value}</DataExtValue></DataExtRet>")
    });
    let stamps = stamps.collect::<Vec<_>>().concat();
    let xml = format!(
        "<?xml version=\"1.0\" ?><QBXML><QBXMLMsgsRs><HostQueryRs statusCode=\"0\"><HostRet/></HostQueryRs>\
         <CompanyQueryRs statusCode=\"0\"><CompanyRet>{company}{stamps}</CompanyRet></CompanyQueryRs>\
         <PreferencesQueryRs statusCode=\"0\"/></QBXMLMsgsRs></QBXML>"
    );
    OpenCompany::read(&xml, &guid(OWNER), &guid(FILE))
}

#[test]
fn the_stamp_of_the_company_file_says_whose_it_is() {
    let lower = FILE.to_ascii_lowercase();
    for (stamps, stamp) in [
        (vec![(OWNER, "FileID", FILE)], Stamp::Ours),
        (vec![(OWNER, "FileID", lower.as_str())], Stamp::Ours),
        (vec![(OWNER, "FileID", OTHER), (OWNER, "FileID", FILE)], Stamp::Ours),
        (vec![(OWNER, "FileID", OTHER)], Stamp::Other),
        (vec![(OTHER, "FileID", FILE)], Stamp::Absent),
        (vec![(OWNER, "AppLock", FILE)], Stamp::Absent),
        (vec![(OWNER, "FileID", "damaged")], Stamp::Absent),
        (vec![("0", "FileID", FILE)], Stamp::Absent),
        (vec![], Stamp::Absent),
    ] {
        let company = open("<CompanyName>Acme &amp; Co</CompanyName>", &stamps).expect("an answer");
        assert_eq!(company, OpenCompany { name: Some("Acme & Co".to_owned()), stamp }, "{stamps:?}");
    }
}

#[test]
fn the_name_of_the_company_is_the_first_that_it_has() {
    let name = |company| open(company, &[]).expect("an answer").name;
    assert_eq!(name("<CompanyName/><LegalCompanyName>Acme Inc.</LegalCompanyName>").as_deref(), Some("Acme Inc."));
    assert_eq!(name(""), None);
}

#[test]
fn an_empty_answer_says_nothing_and_a_broken_one_is_an_error() {
    let read = |xml| OpenCompany::read(xml, &guid(OWNER), &guid(FILE));
    assert_eq!(read(" "), Ok(OpenCompany { name: None, stamp: Stamp::Absent }));
    assert_eq!(read("<QBXML><QBXMLMsgsRs/></QBXML>"), Ok(OpenCompany { name: None, stamp: Stamp::Absent }));
    assert_eq!(read("<html/>"), Err(BrokenAnswer::NotAnAnswer));
}

#[test]
fn a_guid_is_written_in_upper_case_and_braces() {
    for text in [FILE, "90a44fb5-33d9-4815-ac85-bc87a7e7d1eb", " {90a44fb5-33d9-4815-AC85-bc87a7e7d1eb} "] {
        assert_eq!(guid(text).to_string(), FILE);
    }
    for text in [
        "",
        "0",
        "{}",
        "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB",
        "90A44FB5-33D9-4815-AC85-BC87A7E7D1E",
        "90A44FB533D94815AC85BC87A7E7D1EB",
    ] {
        assert_eq!(Guid::parse(text), None, "{text}");
    }
}

#[test]
fn a_page_is_halved_until_it_has_one_object() {
    assert_eq!([100, 3, 2, 1, 0].map(smaller_page), [Some(50), Some(1), Some(1), None, None]);
}
