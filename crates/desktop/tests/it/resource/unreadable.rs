//! Objects that cannot be read: the error names the object and the field, and quotes neither.

use counterfoil_desktop::resource::{Fault, Resource, Unreadable};

use super::element;

fn vendor(rest: &str) -> Result<serde_json::Value, Unreadable> {
    let time = "2025-01-01T12:34:56-05:00";
    let xml = format!(
        "<VendorRet><ListID>8-1</ListID><TimeCreated>{time}</TimeCreated><TimeModified>{time}</TimeModified>\
         <EditSequence>1</EditSequence><Name>A</Name><IsActive>true</IsActive>{rest}</VendorRet>"
    );
    Resource::Vendor.read(&element(&xml))
}

#[track_caller]
fn assert_fault(rest: &str, field: &str, fault: Fault) {
    let expected = Unreadable { object: "VendorRet".to_owned(), id: Some("8-1".to_owned()), field: field.to_owned(), fault };
    assert_eq!(vendor(rest), Err(expected), "{rest}");
}

#[test]
fn values_of_the_wrong_kind() {
    for balance in ["abc", "1,000.00", "1e5", "NaN", "inf", "-", ".", "1.2.3", "0x1", " "] {
        assert_fault(&format!("<Balance>{balance}</Balance>"), "balance", Fault::Decimal);
    }
    assert_fault("<IsTaxOnTax>yes</IsTaxOnTax>", "isCompoundingTax", Fault::Flag);
    let note =
        |id, date| format!("<AdditionalNotesRet><NoteID>{id}</NoteID><Date>{date}</Date><Note>n</Note></AdditionalNotesRet>");
    for number in ["one", "1e5", "NaN", "inf"] {
        assert_fault(&note(number, "2025-01-01"), "additionalNotes[0].id", Fault::Decimal);
    }
    for date in ["2025-02-30", "01/02/2025", "2025-01-01T00:00:00", "20250101"] {
        assert_fault(&format!("{}{}", note("1", "2025-01-01"), note("2", date)), "additionalNotes[1].date", Fault::Date);
    }
    let contact = "<ContactsRet><ListID>1</ListID><TimeCreated>today</TimeCreated></ContactsRet>";
    assert_fault(contact, "additionalContacts[0].createdAt", Fault::Time);
}

#[test]
fn decimals_keep_their_digits_and_numbers_are_numbers() {
    for decimal in ["-1284.50", "+5", "0.10", "9999999999999.99", "007"] {
        let vendor = vendor(&format!("<Balance>{decimal}</Balance>")).expect("a vendor");
        assert_eq!(vendor["balance"], decimal);
    }
    let id = |number: &str| {
        let note = format!("<AdditionalNotesRet><NoteID>{number}</NoteID><Date></Date></AdditionalNotesRet>");
        vendor(&note).expect("a vendor")["additionalNotes"][0]["id"].to_string()
    };
    let numbers = ["5", "5.00", "-3.0", "1.25", "+7", "9007199254740993", "99999999999999999999", ".5"].map(id);
    assert_eq!(numbers, ["5", "5", "-3", "1.25", "7", "9007199254740993", "1e+20", "0.5"]);
}

#[test]
fn what_the_contract_cannot_leave_out() {
    let xml = "<CheckRet><TxnID>1-1</TxnID><TimeCreated/></CheckRet>";
    let fault = Resource::Check.read(&element(xml)).expect_err("no time");
    let text = "QuickBooks sent CheckRet 1-1 in which the field createdAt is missing";
    assert_eq!(fault.to_string(), text);
    let fault = Resource::Account.read(&element("<AccountRet/>")).expect_err("no id");
    assert_eq!(fault.to_string(), "QuickBooks sent AccountRet without an id in which the field id is missing");
    assert_fault(
        "<AdditionalContactRef><ContactValue>1</ContactValue></AdditionalContactRef>",
        "customContactFields[0].name",
        Fault::Missing,
    );
}

#[test]
fn words_that_the_contract_does_not_list() {
    let read = vendor("<ReportingPeriod>Weekly</ReportingPeriod>").expect("a vendor");
    assert!(read["reportingPeriod"].is_null());
    let xml = include_str!("answers/account.xml").replace("OtherCurrentAsset", "Barter");
    let fault = Resource::Account.read(&element(&xml)).expect_err("no such type");
    assert_eq!((fault.field.as_str(), fault.fault), ("accountType", Fault::Word));
    let xml = include_str!("answers/bill.xml").replace("ARRefundCreditCard", "PayrollPriorPayment");
    let bill = Resource::Bill.read(&element(&xml)).expect("a bill");
    assert_eq!(bill["linkedTransactions"][0]["transactionType"], "unknown");
}
