//! qbXML written as JSON.

use counterfoil_desktop::qbxml::json::{InvalidJson, answer, requests};
use counterfoil_desktop::qbxml::{BYTES_MOST, Element, Response, Version, document};
use proptest::prelude::*;

fn one(json: &str) -> String {
    let requests = requests(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    requests.iter().map(Element::to_xml).collect::<Vec<_>>().concat()
}

fn refused(json: &str) -> Option<InvalidJson> {
    requests(json).err()
}

fn answered(answers: &str) -> String {
    answer(&Response::parse(&format!("<QBXML><QBXMLMsgsRs>{answers}</QBXMLMsgsRs></QBXML>")).expect("answers"))
}

#[test]
fn values_become_elements_in_the_order_of_their_keys() {
    for (json, xml) in [
        (r#"{"CheckQueryRq":{"MaxReturned":10}}"#, "<CheckQueryRq><MaxReturned>10</MaxReturned></CheckQueryRq>"),
        (r#"{"HostQueryRq":{}}"#, "<HostQueryRq></HostQueryRq>"),
        (r#"{"ZRq":{"B":"<&é","A":true,"C":false}}"#, "<ZRq><B>&lt;&amp;&#233;</B><A>true</A><C>false</C></ZRq>"),
        (
            r#"{"ZRq":{"A":1.5,"B":-2,"C":1e3,"D":18446744073709551615}}"#,
            "<ZRq><A>1.5</A><B>-2</B><C>1000</C><D>18446744073709551615</D></ZRq>",
        ),
        (r#"{"ZRq":{"A":["1","2"],"B":[],"C":[{"D":1},{"D":2}]}}"#, "<ZRq><A>1</A><A>2</A><C><D>1</D></C><C><D>2</D></C></ZRq>"),
        (r#"{"ZRq":{"A":null,"B":"","C":{}}}"#, "<ZRq><B></B><C></C></ZRq>"),
        (r#"{"ARq":{},"BRq":[{},{"C":1}]}"#, "<ARq></ARq><BRq></BRq><BRq><C>1</C></BRq>"),
    ] {
        assert_eq!(one(json), xml, "{json}");
    }
}

#[test]
fn attributes_are_written_in_every_way() {
    let xml = "<CheckQueryRq iterator=\"Start\" metaData=\"NoMetaData\"><MaxReturned>1</MaxReturned></CheckQueryRq>";
    for json in [
        r#"{"CheckQueryRq":{"iterator":"Start","metaData":"NoMetaData","iteratorID":null,"MaxReturned":1}}"#,
        r#"{"CheckQueryRq":{"MaxReturned":1,"Iterator":"Start","MetaData":"NoMetaData"}}"#,
        r#"{"CheckQueryRq":{"_attributes":{"iterator":"Start","metaData":"NoMetaData"},"MaxReturned":1}}"#,
        r#"{"CheckQueryRq":{"iterator":"Stop","Iterator":"Start","MetaData":"NoMetaData","MaxReturned":1}}"#,
    ] {
        assert_eq!(one(json), xml, "{json}");
    }
    let json = r#"{"BillAddRq":{"BillAdd":{"defMacro":"TxnID:1","VendorRef":{"ListID":{"useMacro":"x"}}}}}"#;
    let xml =
        "<BillAddRq><BillAdd defMacro=\"TxnID:1\"><VendorRef><ListID useMacro=\"x\"></ListID></VendorRef></BillAdd></BillAddRq>";
    assert_eq!(one(json), xml);
}

#[test]
fn json_that_is_no_request_is_refused_with_the_reason() {
    for (json, error) in [
        ("", InvalidJson::Syntax { line: 1, column: 0 }),
        ("{\"ARq\":{\n\"secret", InvalidJson::Syntax { line: 2, column: 7 }),
        (r#"{"ARq":{"B":1,"B":2}}"#, InvalidJson::RepeatedKey { line: 1, column: 20 }),
        ("[]", InvalidJson::NoRequest),
        ("{}", InvalidJson::NoRequest),
        (r#"{"ARq":[]}"#, InvalidJson::NoRequest),
        (r#"{"Check":{}}"#, InvalidJson::NotARequest("Check".to_owned())),
        (r#"{"ARq":1}"#, InvalidJson::NotAnObject("ARq".to_owned())),
        (r#"{"ARq":[{},null]}"#, InvalidJson::NotAnObject("ARq".to_owned())),
        (r#"{"ARq":{"B":[[1]]}}"#, InvalidJson::NestedList("B".to_owned())),
        (r#"{"ARq":{"iterator":[]}}"#, InvalidJson::Attribute("iterator".to_owned())),
        (r#"{"ARq":{"_attributes":{"x":{}}}}"#, InvalidJson::Attribute("x".to_owned())),
        (r#"{"ARq":{"_attributes":1e999}}"#, InvalidJson::Syntax { line: 1, column: 27 }),
    ] {
        assert_eq!(refused(json), Some(error), "{json}");
    }
    assert_eq!(refused(&" ".repeat(BYTES_MOST + 1)), Some(InvalidJson::TooLarge));
    let deep = format!("{{\"ARq\":{}1{}}}", "{\"B\":".repeat(200), "}".repeat(200));
    assert!(matches!(refused(&deep), Some(InvalidJson::Syntax { .. })));
}

#[test]
fn names_that_would_break_the_document_are_refused_when_it_is_written() {
    let requests = requests(r#"{"ARq":{"B><C":1}}"#).expect("JSON");
    let written = document(Version::OWN, requests.into_iter().map(|request| ("1".to_owned(), request)).collect());
    assert!(written.is_err_and(|error| error.to_string() == "\"B><C\" is not a name of qbXML."));
}

#[test]
fn an_answer_has_the_types_of_the_sdk() {
    let xml = "<CheckQueryRs requestID='1' statusCode='0' statusSeverity='Info' statusMessage='Status OK'><CheckRet><TxnID>1-1</TxnID>\
               <TxnNumber>7</TxnNumber><AccountRef><ListID>8-1</ListID></AccountRef><Amount>10.00</Amount><ExchangeRate>1.50</ExchangeRate>\
               <Memo>true</Memo><IsToBePrinted>true</IsToBePrinted><DataExtRet><OwnerID>0</OwnerID></DataExtRet><DataExtRet/>\
               </CheckRet></CheckQueryRs>";
    let json = r#"{"CheckQueryRs":{"CheckRet":[{"TxnID":"1-1","TxnNumber":7,"AccountRef":{"ListID":"8-1"},"Amount":"10.00","ExchangeRate":1.5,"Memo":"true","IsToBePrinted":true,"DataExtRet":[{"OwnerID":"0"},""]}]}}"#;
    assert_eq!(answered(xml), json);
}

#[test]
fn a_text_that_is_not_what_its_name_says_stays_a_string() {
    let xml = "<ARs statusCode='0'><TxnNumber/><Quantity>1,5</Quantity><Quantity>-0.25</Quantity><Sublevel>inf</Sublevel><IsActive>yes</IsActive>\
               <Issue>true</Issue><NoteID>99999999999999999999</NoteID></ARs>";
    let json = r#"{"ARs":{"TxnNumber":"","Quantity":["1,5",-0.25],"Sublevel":"inf","IsActive":"yes","Issue":"true","NoteID":"99999999999999999999"}}"#;
    assert_eq!(answered(xml), json);
}

#[test]
fn a_query_that_found_nothing_has_an_empty_list() {
    let nothing = "statusCode='1' statusSeverity='Info' statusMessage='None'";
    let expected = r#"{"CheckQueryRs":{"StatusCode":1,"StatusSeverity":"Info","StatusMessage":"None","CheckRet":[]}}"#;
    assert_eq!(answered(&format!("<CheckQueryRs {nothing}/>")), expected);
    assert_eq!(answered("<GeneralSummaryReportQueryRs statusCode='0'/>"), r#"{"GeneralSummaryReportQueryRs":{"ReportRet":[]}}"#);
    assert_eq!(answered("<TxnDelRs statusCode='0'/>"), r#"{"TxnDelRs":{}}"#);
    assert_eq!(answered(""), "{}");
}

#[test]
fn reports_iterators_and_several_answers_keep_everything() {
    let xml = "<GeneralSummaryReportQueryRs statusCode='0'><ReportRet><ColDesc colID='1' dataType='STRTYPE'><ColTitle titleRow='1' value='A'/>\
               </ColDesc></ReportRet></GeneralSummaryReportQueryRs>\
               <CheckQueryRs statusCode='0' retCount='1' iteratorRemainingCount='7' iteratorID='{i}'><CheckRet/></CheckQueryRs>\
               <ARs statusCode='0'/><ARs statusCode='0'><B x='1'>t</B></ARs>";
    let json = r#"{"GeneralSummaryReportQueryRs":{"ReportRet":[{"ColDesc":{"ColID":1,"DataType":"STRTYPE","ColTitle":{"TitleRow":1,"Value":"A"}}}]},"CheckQueryRs":{"RetCount":1,"IteratorRemainingCount":7,"IteratorID":"{i}","CheckRet":[""]},"ARs":[{},{"B":{"X":"1","_text":"t"}}]}"#;
    assert_eq!(answered(xml), json);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(json in "(\\{\"ARq\":)?[\\[\\]{}\",:a-c0-9.e_-]{0,40}|\\PC{0,40}") {
        if let Ok(requests) = requests(&json) {
            let requests = requests.into_iter().map(|request| ("1".to_owned(), request)).collect();
            let _ = document(Version::OWN, requests);
        }
    }

    #[test]
    fn any_answer_becomes_json(root in crate::elements::any_element()) {
        let json = answered(&Element { name: "CheckQueryRs".to_owned(), ..root }.with_attribute("statusCode", "0").to_xml());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok_and(|value| value["CheckQueryRs"].is_object()));
    }
}
