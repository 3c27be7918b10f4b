//! The smallest answers: every key is present, with `null` or `[]`.

use counterfoil_desktop::resource::{Resource, company};
use serde_json::{Value, json};

use super::element;

const TIMES: &str = "<TimeCreated>2025-01-01T12:34:56+00:00</TimeCreated><TimeModified>2025-02-01T12:34:56+00:00</TimeModified>\
                     <EditSequence>1721172183</EditSequence>";

/// What is neither `null` nor `[]`.
fn present(value: &Value) -> Value {
    let object = value.as_object().expect("an object");
    object
        .iter()
        .filter(|(_, value)| !value.is_null() && **value != json!([]))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn minimal(resource: Resource, rest: &str) -> Value {
    let id = if resource.is_transaction() { "<TxnID>1-1</TxnID>" } else { "<ListID>1-1</ListID>" };
    let xml = format!("<{name}>{id}{TIMES}{rest}</{name}>", name = resource.object());
    resource.read(&element(&xml)).expect("a minimal answer")
}

/// The fields that every minimal answer has, and these.
fn with(object_type: &str, rest: &Value) -> Value {
    let mut all = json!({
        "id": "1-1",
        "objectType": object_type,
        "createdAt": "2025-01-01T12:34:56+00:00",
        "updatedAt": "2025-02-01T12:34:56+00:00",
        "revisionNumber": "1721172183",
    });
    all.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    all
}

#[test]
fn transactions() {
    let check = minimal(
        Resource::Check,
        "<AccountRef><FullName>Bank</FullName></AccountRef><TxnDate>2025-01-01</TxnDate><Amount>5.00</Amount>",
    );
    let account = json!({ "id": null, "fullName": "Bank" });
    let expected = json!({ "bankAccount": account, "transactionDate": "2025-01-01", "amount": "5.00" });
    assert_eq!(present(&check), with("qbd_check", &expected));
    assert_eq!(check["linkedTransactions"], json!([]));
    assert_eq!(check.get("payee"), Some(&Value::Null));

    let rest = "<TxnDate>2025-01-01</TxnDate><BankAccountRef><FullName>Bank</FullName></BankAccountRef><Amount>5.00</Amount>";
    assert_eq!(present(&minimal(Resource::BillCheckPayment, rest)), with("qbd_bill_check_payment", &expected));

    let bill = minimal(Resource::Bill, "<TxnDate>2025-01-01</TxnDate>");
    assert_eq!(present(&bill), with("qbd_bill", &json!({ "transactionDate": "2025-01-01" })));

    let invoice = minimal(Resource::Invoice, "<TxnDate>2025-01-01</TxnDate>");
    assert_eq!(present(&invoice), with("qbd_invoice", &json!({ "transactionDate": "2025-01-01", "subtotal": "0.00" })));
}

#[test]
fn objects_of_lists() {
    let named = "<Name>A</Name><FullName>B:A</FullName><Sublevel>1</Sublevel>";
    let vendor = minimal(Resource::Vendor, named);
    assert_eq!(present(&vendor), with("qbd_vendor", &json!({ "name": "A", "isActive": true })));

    let expected = json!({ "name": "A", "fullName": "B:A", "isActive": true, "sublevel": 1 });
    assert_eq!(present(&minimal(Resource::Customer, named)), with("qbd_customer", &expected));

    let account = minimal(Resource::Account, &format!("{named}<AccountType>AccountsPayable</AccountType>"));
    let mut expected = with("qbd_account", &expected);
    expected["accountType"] = json!("accounts_payable");
    assert_eq!(present(&account), expected);
}

#[test]
fn what_quickbooks_may_leave_out_does_not_end_the_request() {
    assert_eq!(minimal(Resource::Vendor, "<Name>A</Name>")["isActive"], true);
    assert_eq!(minimal(Resource::Vendor, "<Name>A</Name><IsActive>false</IsActive>")["isActive"], false);
    let applied = |amount| format!("<AppliedToTxnRet><TxnID>2-1</TxnID><Amount>{amount}</Amount></AppliedToTxnRet>");
    for (rest, amount) in [(String::new(), "0.00"), (applied("5.00") + &applied("-1.50"), "3.50")] {
        let payment = minimal(Resource::BillCheckPayment, &format!("<TxnDate>2025-01-01</TxnDate>{rest}"));
        assert_eq!((&payment["bankAccount"], &payment["amount"]), (&json!({ "id": null, "fullName": null }), &json!(amount)));
    }
    let tax = "<SalesTaxTotal>8.25</SalesTaxTotal>";
    for (rest, subtotal) in [
        (format!("<Subtotal>7.00</Subtotal>{tax}<BalanceRemaining>58.25</BalanceRemaining>"), "7.00"),
        (format!("{tax}<AppliedAmount>-50.00</AppliedAmount><BalanceRemaining>58.25</BalanceRemaining>"), "100.00"),
        ("<Subtotal/><BalanceRemaining>58.25</BalanceRemaining>".to_owned(), "58.25"),
    ] {
        let invoice = minimal(Resource::Invoice, &format!("<TxnDate>2025-01-01</TxnDate>{rest}"));
        assert_eq!(invoice["subtotal"], subtotal, "{rest}");
    }
}

#[test]
fn the_company() {
    let company = company::read(&element("<CompanyRet></CompanyRet>"));
    assert_eq!(present(&company.expect("a minimal answer")), json!({ "isSampleCompanyFile": false }));
}

#[test]
fn empty_elements_are_as_good_as_none() {
    let rest = "<Name>A</Name><IsActive/><CompanyName/><Balance></Balance><VendorAddress></VendorAddress>\
                <TermsRef/><IsVendorEligibleFor1099/>";
    assert_eq!(present(&minimal(Resource::Vendor, rest)), with("qbd_vendor", &json!({ "name": "A", "isActive": true })));
}

#[test]
fn a_custom_field_without_owner_and_value_is_one_that_users_see() {
    let field = "<DataExtRet><DataExtName>Route</DataExtName><DataExtType>STR1024TYPE</DataExtType><DataExtValue/></DataExtRet>";
    let bill = minimal(Resource::Bill, &format!("<TxnDate>2025-01-01</TxnDate>{field}"));
    assert_eq!(bill["customFields"], json!([{ "ownerId": "0", "name": "Route", "type": "string_1024_type", "value": "" }]));
}
