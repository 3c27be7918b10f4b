//! Documents of answers.

use counterfoil_desktop::qbxml::{BrokenAnswer, Element, Malformed, Response, Severity};
use proptest::prelude::*;

fn parse(answers: &str) -> Result<Vec<Response>, BrokenAnswer> {
    Response::parse(&format!("<?xml version=\"1.0\" ?>\n<QBXML>\n<QBXMLMsgsRs>\n{answers}\n</QBXMLMsgsRs>\n</QBXML>\n"))
}

fn one(status: &str) -> Response {
    let answers = parse(&format!("<CheckQueryRs {status}/>")).expect("an answer");
    assert_eq!(answers.len(), 1);
    answers.into_iter().next().expect("one")
}

#[test]
fn an_answer_is_read_with_its_iterator_and_its_objects() {
    let xml = "<CheckQueryRs requestID=\"job_1\" statusCode=\"0\" statusSeverity=\"Info\" statusMessage=\"Status OK\" retCount=\"2\" \
               iteratorRemainingCount=\"7\" iteratorID=\"{a-1}\">\n<CheckRet>\n<TxnID>1-1</TxnID>\n</CheckRet>\n<CheckRet/>\n\
               </CheckQueryRs>\n<HostQueryRs statusCode=\"0\"/>";
    let [checks, host] = <[Response; 2]>::try_from(parse(xml).expect("answers")).expect("two answers");
    let expected = Response {
        name: "CheckQueryRs".to_owned(),
        request_id: Some("job_1".to_owned()),
        status_code: 0,
        severity: Severity::Info,
        message: "Status OK".to_owned(),
        iterator_id: Some("{a-1}".to_owned()),
        iterator_remaining: Some(7),
        ret_count: Some(2),
        returned: vec![Element::new("CheckRet").with_text("TxnID", "1-1"), Element::new("CheckRet")],
    };
    assert_eq!(checks, expected);
    assert_eq!((host.name.as_str(), host.request_id, host.message.as_str()), ("HostQueryRs", None, ""));
}

#[test]
fn the_severity_decides_and_without_it_the_status_code() {
    for (status, severity) in [
        ("statusCode='0' statusSeverity='Info'", Severity::Info),
        ("statusCode='3170' statusSeverity='INFO'", Severity::Info),
        ("statusCode='530' statusSeverity='Warn'", Severity::Warn),
        ("statusCode='500' statusSeverity='Error'", Severity::Error),
        ("statusCode='499'", Severity::Info),
        ("statusCode='500'", Severity::Warn),
        ("statusCode='999' statusSeverity=''", Severity::Warn),
        ("statusCode='1000' statusSeverity='Fatal'", Severity::Error),
    ] {
        let response = one(status);
        assert_eq!((response.severity, response.is_failed()), (severity, severity == Severity::Error), "{status}");
    }
}

#[test]
fn a_query_that_found_nothing_succeeded() {
    let nothing = one("statusCode='1' statusSeverity='Info' statusMessage='A query request did not find a matching object'");
    assert!(nothing.is_empty() && !nothing.is_failed());
    assert!(one("statusCode='0'").is_empty());
    assert!(!one("statusCode='3120' statusSeverity='Error'").is_empty());
}

#[test]
fn a_document_that_is_no_answer_is_refused_with_the_reason() {
    for (xml, error) in [
        ("", BrokenAnswer::Malformed(Malformed::Empty)),
        ("<QBXML><QBXMLMsgsRs>", BrokenAnswer::Malformed(Malformed::EndsEarly)),
        ("<html/>", BrokenAnswer::NotAnAnswer),
        ("<QBXML/>", BrokenAnswer::NotAnAnswer),
        ("<QBXML><QBXMLMsgsRq/></QBXML>", BrokenAnswer::NotAnAnswer),
        ("<QBXML><QBXMLMsgsRs><CheckQueryRs/></QBXMLMsgsRs></QBXML>", BrokenAnswer::NoStatus),
        ("<QBXML><QBXMLMsgsRs><CheckQueryRs statusCode='-1'/></QBXMLMsgsRs></QBXML>", BrokenAnswer::NoStatus),
    ] {
        assert_eq!(Response::parse(xml), Err(error), "{xml}");
    }
    assert_eq!(Response::parse("<QBXML><QBXMLMsgsRs/></QBXML>"), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn no_answer_makes_the_reader_panic(
        content in "(<(/?)(CheckQueryRs|CheckRet|QBXML)( (statusCode|retCount|iteratorID)='[0-9a-z-]{0,12}')?/?>|\\PC{0,3}){0,12}"
    ) {
        let _ = Response::parse(&content);
        let _ = parse(&content);
    }
}
